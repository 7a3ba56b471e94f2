// Package kubernetes has the arguments of objects of any kind.
package kubernetes

import "reflect"

// UntypedArgs are the fields of an object.
type UntypedArgs map[string]any

// ElementType makes them an input.
func (UntypedArgs) ElementType() reflect.Type {
	return reflect.TypeOf((*map[string]any)(nil)).Elem()
}
