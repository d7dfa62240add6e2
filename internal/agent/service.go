package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"connectrpc.com/connect"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/internal/containers"
	"traceloop/recorder"
)

// maximumRequest is how many bytes a request may have.
const maximumRequest = 1 << 20

// Handler serves the API at path, also before Run and after. Who may call it is
// the listener's to decide.
func (a *Agent) Handler() (path string, handler http.Handler) {
	path, handler = traceloopv1connect.NewDaemonServiceHandler(&service{a},
		connect.WithReadMaxBytes(maximumRequest),
		// Recordings are compressed already, and the client is on this machine.
		connect.WithCompression("gzip", nil, nil),
		connect.WithInterceptors(connect.UnaryInterceptorFunc(a.deadlineForAnswer)),
	)
	return path, a.withDeadlines(handler)
}

// maximumRequests is how many requests are in memory at one time, with their
// answers; the others wait. Recordings that are sent have places of their own.
const maximumRequests = 16

// exchangeKey is under which a request's context has its exchange.
type exchangeKey struct{}

// exchange is a request and its answer, as HTTP has them.
type exchange struct {
	controller *http.ResponseController
	leave      func() // gives the request's place to another
}

// withDeadlines cuts off clients that do not send what they begin to, or do not
// take what they asked for: memory and places are bounded.
func (a *Agent) withDeadlines(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case a.requests <- struct{}{}:
		case <-r.Context().Done():
			return
		}
		e := &exchange{http.NewResponseController(w), sync.OnceFunc(func() { <-a.requests })}
		defer e.leave()
		// A writer without deadlines is a test's.
		_ = e.controller.SetReadDeadline(time.Now().Add(a.requestTimeout))
		ctx := context.WithValue(r.Context(), exchangeKey{}, e)
		handler.ServeHTTP(w, r.WithContext(ctx))
		// What the server still has to send has its time as well.
		a.extendDeadline(ctx)
	})
}

// deadlineForAnswer gives the client its time from when there is an answer.
func (a *Agent) deadlineForAnswer(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
		if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
			e.received()
		}
		defer a.extendDeadline(ctx)
		return next(ctx, request)
	}
}

// received says that the whole request is there. The deadline, which would end
// the answer too, is over.
func (e *exchange) received() { _ = e.controller.SetReadDeadline(time.Time{}) }

// extendDeadline gives the client time to take the next piece.
func (a *Agent) extendDeadline(ctx context.Context) {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		_ = e.controller.SetWriteDeadline(time.Now().Add(a.sendTimeout))
	}
}

// service is the API.
type service struct{ *Agent }

// failure is an error of the recorder's as the API has it.
func failure(err error) error {
	if err == nil {
		return nil
	}
	var known *connect.Error
	if errors.As(err, &known) {
		return err
	}
	code := connect.CodeInternal
	switch {
	case errors.Is(err, recorder.ErrNotFound), errors.Is(err, recorder.ErrNoProcess), errors.Is(err, errGone):
		code = connect.CodeNotFound
	case errors.Is(err, recorder.ErrExists):
		code = connect.CodeAlreadyExists
	case errors.Is(err, recorder.ErrTooMany):
		code = connect.CodeResourceExhausted
	case errors.Is(err, recorder.ErrClosed):
		code = connect.CodeUnavailable
	case errors.Is(err, context.Canceled):
		code = connect.CodeCanceled
	case errors.Is(err, context.DeadlineExceeded):
		code = connect.CodeDeadlineExceeded
	}
	return connect.NewError(code, err)
}

// List implements the API's List.
func (s *service) List(_ context.Context, request *connect.Request[traceloopv1.ListRequest]) (*connect.Response[traceloopv1.ListResponse], error) {
	filter, err := containers.ParseFilter(request.Msg.Filter)
	if err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, err)
	}
	all, err := s.list()
	if err != nil {
		return nil, failure(err)
	}
	response := &traceloopv1.ListResponse{}
	for _, l := range all {
		if filter.Match(&l.container) {
			response.Recordings = append(response.Recordings, l.message)
		}
	}
	return connect.NewResponse(response), nil
}

// find lists the recordings and resolves a reference.
func (a *Agent) find(reference string) (*listed, error) {
	all, err := a.list()
	if err != nil {
		return nil, failure(err)
	}
	return resolve(all, reference)
}

// maximumReferences is how many recordings one request may delete.
const maximumReferences = 10_000

// Delete implements the API's Delete.
func (s *service) Delete(ctx context.Context, request *connect.Request[traceloopv1.DeleteRequest]) (*connect.Response[traceloopv1.DeleteResponse], error) {
	references := request.Msg.References
	if len(references) == 0 {
		return nil, connect.NewError(connect.CodeInvalidArgument, errors.New("no recording to delete: want an ID, a name or NAMESPACE/POD[/CONTAINER]"))
	}
	if len(references) > maximumReferences {
		return nil, connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("%d recordings to delete at once: at most %d are possible", len(references), maximumReferences))
	}
	defer wake(s.balanceNews)
	defer wake(s.trackNews)
	s.removals.Lock()
	defer s.removals.Unlock()
	all, err := s.list()
	if err != nil {
		return nil, failure(err)
	}
	var chosen []*listed
	there := make(map[*listed]bool)
	for _, reference := range references {
		l, err := resolve(all, reference)
		if err != nil {
			return nil, err
		}
		if !there[l] {
			there[l] = true
			chosen = append(chosen, l)
		}
	}
	response := &traceloopv1.DeleteResponse{}
	for _, l := range chosen {
		if err := ctx.Err(); err != nil {
			return nil, failure(err)
		}
		if l.ring != "" {
			s.mutex.Lock()
			if e := s.entries[l.ring]; e != nil {
				s.noteReleased(e, slices.Collect(maps.Keys(s.claims))...)
			}
			s.mutex.Unlock()
			err = s.remove(l.ring)
		} else {
			err = s.store.delete(l.file)
		}
		if err != nil {
			return nil, failure(fmt.Errorf("deleting %s, %d of %d: %w", l, len(response.Deleted)+1, len(chosen), err))
		}
		response.Deleted = append(response.Deleted, l.message)
	}
	return connect.NewResponse(response), nil
}

// Detach implements the API's Detach.
func (s *service) Detach(_ context.Context, request *connect.Request[traceloopv1.DetachRequest]) (*connect.Response[traceloopv1.DetachResponse], error) {
	l, err := s.find(request.Msg.Reference)
	if err != nil {
		return nil, err
	}
	if l.ring == "" {
		return nil, connect.NewError(connect.CodeFailedPrecondition, fmt.Errorf("%s has ended and was saved: there is nothing to detach", l))
	}
	if l.adopted {
		return nil, connect.NewError(connect.CodeFailedPrecondition,
			fmt.Errorf("%s was not attached by hand: a container is recorded until it ends, or until its recording is deleted", l))
	}
	if err := s.recorder.Detach(l.ring); err != nil {
		return nil, failure(err)
	}
	wake(s.trackNews)
	if l, err = s.find(l.ring); err != nil {
		return nil, err
	}
	return connect.NewResponse(&traceloopv1.DetachResponse{Recording: l.message}), nil
}
