package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group's name and version.
var GroupVersion = schema.GroupVersion{Group: "gadget.kinvolk.io", Version: "v1alpha1"}

// AddToScheme makes the types known to a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &Trace{}, &TraceList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
