// Package v1alpha1 is the API group gadget.kinvolk.io/v1alpha1: the Trace
// resource, which drives the recorder in Kubernetes. Its names, fields and
// behaviour are those that existing clients know; docs/trace-api.md has them.
//
// +kubebuilder:object:generate=true
// +groupName=gadget.kinvolk.io
package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// The annotations by which a client drives a Trace, and the finalizer that the
// agent puts on one while it holds something for it.
const (
	// OperationAnnotation is the operation to run: start, collect, delete or stop.
	// The agent removes it before it begins.
	OperationAnnotation = "gadget.kinvolk.io/operation"
	// OperationArgumentPrefix begins the annotations that are an operation's arguments.
	OperationArgumentPrefix = "gadget.kinvolk.io/operation-"
	// Finalizer is on a Trace until the agent has released what it holds.
	Finalizer = "gadget.kinvolk.io/finalizer"
)

// The labels that clients find Traces by.
const (
	LabelGlobalTraceID = "global-trace-id" // the same on all nodes
	LabelGadgetName    = "gadgetName"      // GadgetName
	LabelType          = "type"            // TypeGlobal or TypeCollecting

	GadgetName     = "traceloop"
	TypeGlobal     = "global"
	TypeCollecting = "collecting"
)

// The operations.
const (
	OperationStart   = "start"
	OperationCollect = "collect"
	OperationDelete  = "delete"
	OperationStop    = "stop"
)

// The keys of spec.parameters.
const (
	// ParameterSyscallFilters has names of system calls, separated by commas.
	ParameterSyscallFilters = "syscall-filters"
	// ParameterName is NAMESPACE/NAME of a started Trace.
	ParameterName = "name"
	// ParameterContainerID is the container whose recording is meant.
	ParameterContainerID = "containerID"
)

// RunMode says when a Trace runs.
//
// +kubebuilder:validation:Enum=Auto;Manual
type RunMode string

// The run modes. This recorder has Manual alone.
const (
	RunModeAuto   RunMode = "Auto"
	RunModeManual RunMode = "Manual"
)

// OutputMode says where a Trace's results go.
//
// +kubebuilder:validation:Enum=Status;Stream;File;ExternalResource
type OutputMode string

// The output modes. This recorder has Status and Stream.
const (
	OutputModeStatus           OutputMode = "Status"
	OutputModeStream           OutputMode = "Stream"
	OutputModeFile             OutputMode = "File"
	OutputModeExternalResource OutputMode = "ExternalResource"
)

// State is what became of a Trace.
//
// +kubebuilder:validation:Enum=Started;Stopped;Completed
type State string

// The states.
const (
	StateStarted   State = "Started"
	StateStopped   State = "Stopped"
	StateCompleted State = "Completed"
)

// ContainerFilter says which containers are meant: those for which all that is
// set holds. One without anything means all.
type ContainerFilter struct {
	// Namespace is the pod's; several may be given with commas between them.
	Namespace string `json:"namespace,omitempty"`
	// Podname is the pod's name.
	Podname string `json:"podname,omitempty"`
	// Labels are the pod's labels that must be there.
	Labels map[string]string `json:"labels,omitempty"`
	// ContainerName is the container's name in the pod.
	ContainerName string `json:"containerName,omitempty"`
}

// TraceSpec says what to do, and where.
type TraceSpec struct {
	// Node is the name of the node whose agent handles this Trace.
	Node string `json:"node,omitempty"`
	// Gadget is traceloop.
	Gadget string `json:"gadget,omitempty"`
	// RunMode is Manual.
	RunMode RunMode `json:"runMode,omitempty"`
	// Filter says which containers; all if it is not set.
	Filter *ContainerFilter `json:"filter,omitempty"`
	// OutputMode is Status, or Stream for collect.
	OutputMode OutputMode `json:"outputMode,omitempty"`
	// Output is not used.
	Output string `json:"output,omitempty"`
	// Parameters are an operation's: syscall-filters, name, containerID.
	Parameters map[string]string `json:"parameters,omitempty"`
}

// TraceStatus is the agent's.
type TraceStatus struct {
	// State is that after the last operation.
	State State `json:"state,omitempty"`
	// Output is a JSON array of recordings, see Entry.
	Output string `json:"output,omitempty"`
	// OperationError is why the last operation failed.
	OperationError string `json:"operationError,omitempty"`
	// OperationWarning is what did not go well although it did not fail.
	OperationWarning string `json:"operationWarning,omitempty"`
}

// Trace drives the recorder on one node.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=traces,scope=Namespaced
// +kubebuilder:selectablefield:JSONPath=`.spec.node`
// +kubebuilder:printcolumn:name="Node",type=string,JSONPath=`.spec.node`
// +kubebuilder:printcolumn:name="Gadget",type=string,JSONPath=`.spec.gadget`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Error",type=string,priority=1,JSONPath=`.status.operationError`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Trace struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   TraceSpec   `json:"spec,omitempty"`
	Status TraceStatus `json:"status,omitempty"`
}

// TraceList is several Traces.
//
// +kubebuilder:object:root=true
type TraceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Trace `json:"items"`
}

// Entry is a recording in TraceStatus.Output.
//
// +kubebuilder:object:generate=false
type Entry struct {
	Namespace     string `json:"namespace"`
	Podname       string `json:"podname"`
	Containername string `json:"containername"`
	ContainerID   string `json:"containerID"`
	Node          string `json:"node,omitempty"`
}
