package nodes

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// concurrency is how many agents are asked at one time.
const concurrency = 32

// Result is what came of asking one agent.
type Result[T any] struct {
	Agent Agent
	Value T
	Err   error // an *Error
}

// Each asks all agents at once, each for as long as the patience lasts, and
// returns the results in the agents' order. One that is not ready is not asked.
func Each[T any](ctx context.Context, agents []Agent, patience time.Duration, ask func(context.Context, Agent) (T, error)) []Result[T] {
	results := make([]Result[T], len(agents))
	places := make(chan struct{}, concurrency)
	var group sync.WaitGroup
	for i, agent := range agents {
		results[i].Agent = agent
		if !agent.Ready {
			results[i].Err = &Error{agent, fmt.Errorf("%w: %s", ErrNotReady, agent.Reason)}
			continue
		}
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			value, err := ask(ctx, agent)
			var known *Error
			if err != nil && !errors.As(err, &known) {
				err = &Error{agent, err}
			}
			results[i].Value, results[i].Err = value, err
		})
	}
	group.Wait()
	return results
}
