package traces

import (
	"slices"
	"sync"
	"time"
)

const (
	// remembered is for how long a deleted pod's labels are kept: its containers
	// may be heard of late.
	remembered = 5 * time.Minute
	// maximumRemembered is how many deleted pods are kept.
	maximumRemembered = 1024
)

// Pods knows the labels of this node's pods.
type Pods struct {
	now func() time.Time

	mutex   sync.Mutex
	known   map[string]map[string]string // labels by UIDs
	deleted []deletedPod                 // the oldest first
}

// deletedPod is one that is forgotten soon.
type deletedPod struct {
	uid string
	at  time.Time
}

// NewPods makes Pods that knows none.
func NewPods() *Pods { return &Pods{now: time.Now, known: make(map[string]map[string]string)} }

// Set tells of a pod, by the UID that its containers have for it. The labels must
// not be changed any more.
func (p *Pods) Set(uid string, labels map[string]string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.known[uid] = labels
	p.deleted = slices.DeleteFunc(p.deleted, func(d deletedPod) bool { return d.uid == uid })
	p.expire()
}

// Delete tells that a pod was deleted.
func (p *Pods) Delete(uid string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, ok := p.known[uid]; ok && !slices.ContainsFunc(p.deleted, func(d deletedPod) bool { return d.uid == uid }) {
		p.deleted = append(p.deleted, deletedPod{uid, p.now()})
	}
	p.expire()
}

// expire forgets deleted pods. The caller holds the mutex.
func (p *Pods) expire() {
	gone := 0
	for gone < len(p.deleted) && (len(p.deleted)-gone > maximumRemembered || p.now().Sub(p.deleted[gone].at) >= remembered) {
		delete(p.known, p.deleted[gone].uid)
		gone++
	}
	p.deleted = slices.Delete(p.deleted, 0, gone)
}

// labels are a pod's; false if it is not known.
func (p *Pods) labels(uid string) (map[string]string, bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	labels, ok := p.known[uid]
	return labels, ok
}
