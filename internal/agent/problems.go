package agent

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// problems are what is wrong now, each under a key of its own. A problem is
// logged when it arises and, while it goes on or comes again, once a minute.
type problems struct {
	log *slog.Logger

	mutex sync.Mutex // guards what follows
	all   map[string]*problem
}

type problem struct {
	text   string
	is     bool      // now
	logged time.Time // last
	said   bool      // it was logged since it arose
	more   int       // times since it was logged
}

const logEvery = time.Minute

func newProblems(log *slog.Logger) *problems {
	return &problems{log: log, all: make(map[string]*problem)}
}

// set says that something is wrong, or that it still is. Keys are few.
func (p *problems) set(key string, err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	current := p.all[key]
	if current == nil {
		current = &problem{}
		p.all[key] = current
	}
	current.text, current.is = bound(err.Error(), 1024), true
	now := time.Now()
	if now.Sub(current.logged) < logEvery {
		current.more++
		return
	}
	p.log.Warn(current.text, "problem", key, "times", current.more+1)
	current.logged, current.said, current.more = now, true, 0
}

// clear says that something is well, again or still.
func (p *problems) clear(key string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	current := p.all[key]
	if current == nil || !current.is {
		return
	}
	current.is = false
	if current.said {
		current.said = false
		p.log.Info("no longer a problem", "problem", key)
	}
}

// text is a problem that there is now; empty: there is none of the key.
func (p *problems) text(key string) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if current := p.all[key]; current != nil && current.is {
		return current.text
	}
	return ""
}

// texts are all problems there are now, in the order of their keys.
func (p *problems) texts() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var all []string
	for _, key := range slices.Sorted(maps.Keys(p.all)) {
		if p.all[key].is {
			all = append(all, p.all[key].text)
		}
	}
	return all
}
