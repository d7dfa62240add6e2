// Package controller drives the Traces of a node from the API server: it runs the
// operations that their annotations ask for and writes their statuses. It watches
// nothing but the Traces and the pods of its node.
//
// What it needs the right to:
//
//	gadget.kinvolk.io   traces             get list watch patch update
//	gadget.kinvolk.io   traces/status      get patch update
//	gadget.kinvolk.io   traces/finalizers  update
//	(core)              pods               get list watch
//	(core)              events             create patch
//	events.k8s.io       events             create patch update
package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/traces"
)

// Config is what the controller needs.
type Config struct {
	REST   *rest.Config // of the API server
	Node   string       // whose Traces are driven
	Traces *traces.Traces
	Pods   *traces.Pods
	// Changed has one when what a Trace's status says may have changed.
	Changed <-chan struct{}
	Log     *slog.Logger
}

const (
	// endTime is how long what has begun may take when the controller ends.
	endTime = 5 * time.Second
	// callTime is how long the API server may take for an answer.
	callTime = 10 * time.Second
	// firstRetry and lastRetry bound how long it waits to try something again.
	firstRetry = 50 * time.Millisecond
	lastRetry  = 15 * time.Second
	// changeInterval is the least time between two looks at what changed, so that
	// many containers that start at once are written at once.
	changeInterval = 200 * time.Millisecond

	// A Trace's status is written a few times a second at most. More is needed
	// when there are many Traces.
	queriesPerSecond = 50
	burst            = 100
)

// Run drives the Traces until the context ends. While the API server cannot be
// reached it tries again, for ever; what is recorded goes on meanwhile. It logs
// through c.Log what the libraries of Kubernetes say, in this whole process.
func Run(ctx context.Context, c Config) error {
	log := logr.FromSlogHandler(quiet{c.Log.Handler()})
	ctrllog.SetLogger(log)
	klog.SetLogger(log)
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		// The API server's absence does not end it: its clients wait.
		if err := c.run(ctx, log); ctx.Err() == nil {
			c.Log.Error("driving Traces, and trying again", "error", err, "after", wait)
		}
		if !pause(ctx, wait) {
			return nil
		}
	}
}

func (c *Config) run(ctx context.Context, log logr.Logger) error {
	restConfig := rest.CopyConfig(c.REST)
	restConfig.QPS, restConfig.Burst = queriesPerSecond, burst
	restConfig.Wrap(func(next http.RoundTripper) http.RoundTripper { return &reconnect{next: next, log: c.Log} })
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("making types known: %w", err)
	}
	m, err := manager.New(restConfig, manager.Options{
		Scheme: scheme,
		Logger: log,
		// What resources there are is known: asking would take an API server at the start.
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return mapper(), nil },
		Cache: cache.Options{ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.Trace{}: {Field: fields.OneTermEqualSelector("spec.node", c.Node), Transform: cache.TransformStripManagedFields()},
			pod():             {Field: fields.OneTermEqualSelector("spec.nodeName", c.Node), Transform: stripPod},
		}},
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		GracefulShutdownTimeout: ptr.To(endTime),
		Controller: config.Controller{
			SkipNameValidation: ptr.To(true), // the next attempt's has the same name
			CacheSyncTimeout:   math.MaxInt64,
		},
	})
	if err != nil {
		return fmt.Errorf("preparing to drive Traces: %w", err)
	}
	r := newReconciler(c, m.GetClient(), m.GetAPIReader(), m.GetEventRecorder("traceloop"))
	driver, err := controller.New("trace", m, controller.Options{
		Reconciler:  r,
		RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		// One at a time: operations on one Trace concern others.
		MaxConcurrentReconciles: 1,
	})
	if err != nil {
		return fmt.Errorf("preparing to drive Traces: %w", err)
	}
	if err := errors.Join(
		driver.Watch(source.Kind(m.GetCache(), &v1alpha1.Trace{}, &handler.TypedEnqueueRequestForObject[*v1alpha1.Trace]{})),
		driver.Watch(source.Func(r.watchChanges)),
		m.Add(manager.RunnableFunc(r.resume)),
		c.watchPods(ctx, m.GetCache()),
	); err != nil {
		return fmt.Errorf("preparing to drive Traces: %w", err)
	}
	return m.Start(ctx)
}

// mapper knows the resources that are used.
func mapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	m.Add(v1alpha1.GroupVersion.WithKind("Trace"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Pod"), meta.RESTScopeNamespace)
	return m
}

// pod is a pod of which only the metadata is asked for.
func pod() *metav1.PartialObjectMetadata {
	p := &metav1.PartialObjectMetadata{}
	p.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
	return p
}

// mirrorAnnotation is on a pod that stands for one that the kubelet has from a
// file: the UID by which its containers know that one.
const mirrorAnnotation = "kubernetes.io/config.mirror"

// stripPod leaves of a pod what is used.
func stripPod(object any) (any, error) {
	p, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return object, nil
	}
	kept := pod()
	kept.ObjectMeta = metav1.ObjectMeta{
		Namespace: p.Namespace, Name: p.Name, UID: p.UID, Labels: p.Labels, ResourceVersion: p.ResourceVersion,
	}
	if mirrored, ok := p.Annotations[mirrorAnnotation]; ok {
		kept.Annotations = map[string]string{mirrorAnnotation: mirrored}
	}
	return kept, nil
}

// watchPods keeps what is known of pods.
func (c *Config) watchPods(ctx context.Context, from cache.Cache) error {
	informer, err := from.GetInformer(ctx, pod(), cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watching pods: %w", err)
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    c.setPod,
		UpdateFunc: func(_, object any) { c.setPod(object) },
		DeleteFunc: c.deletePod,
	})
	if err != nil {
		return fmt.Errorf("watching pods: %w", err)
	}
	return nil
}

// uids are those that a pod's containers may have for it.
func uids(p *metav1.PartialObjectMetadata) []string {
	if mirrored := p.Annotations[mirrorAnnotation]; mirrored != "" {
		return []string{string(p.UID), mirrored}
	}
	return []string{string(p.UID)}
}

func (c *Config) setPod(object any) {
	if p, ok := object.(*metav1.PartialObjectMetadata); ok {
		for _, uid := range uids(p) {
			c.Pods.Set(uid, p.Labels)
		}
	}
}

func (c *Config) deletePod(object any) {
	if gone, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	if p, ok := object.(*metav1.PartialObjectMetadata); ok {
		for _, uid := range uids(p) {
			c.Pods.Delete(uid)
		}
	}
}
