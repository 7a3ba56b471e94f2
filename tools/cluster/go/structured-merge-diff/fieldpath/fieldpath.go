// Package fieldpath gives version 4 of structured-merge-diff the types of version 6.
//
// The Kubernetes provider asks for version 4; the Kubernetes packages it is built with here return types of version 6.
package fieldpath

import "sigs.k8s.io/structured-merge-diff/v6/fieldpath"

type (
	Path = fieldpath.Path
	Set  = fieldpath.Set
)

var MakePath = fieldpath.MakePath
