// The provider takes six names from Pulumi's Go SDK of Kubernetes, for components that this project does not use: charts
// and YAML that the provider itself takes apart. The SDK has a type for every kind there is, a third of what the provider
// consists of, so that it is left out.
module github.com/pulumi/pulumi-kubernetes/sdk/v4

go 1.26.0

require github.com/pulumi/pulumi/sdk/v3 v3.246.0
