// Pulumi's Kubernetes provider, for the try-out and the tests of machines without Pulumi: it is never used where
// Pulumi's own is. The provider's own main package embeds files that its Go module does not hold.
package main

import (
	"os"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

func main() {
	// deployments ask neither for its schema nor for its mapping to Terraform's names
	provider.Serve("kubernetes", os.Getenv("VAPORA_PLUGIN_VERSION"), []byte("{}"), []byte("{}"))
}
