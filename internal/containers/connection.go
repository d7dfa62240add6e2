package containers

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// maximumMessage is what one message of a runtime may have, in bytes: a list of
// hundreds of containers has some megabytes.
const maximumMessage = 64 << 20

// dial makes a connection to a gRPC socket. A failed connection fails its calls
// at once; trying again is the session's matter. There is no HTTP/2 keep-alive:
// a server that does not allow it would hang up.
func dial(path string) (*grpc.ClientConn, error) {
	connection, err := grpc.NewClient("unix://"+path,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maximumMessage)),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: lastRetry, MaxDelay: lastRetry},
			MinConnectTimeout: lastRetry,
		}),
		grpc.WithIdleTimeout(0),
		grpc.WithDisableServiceConfig(),
	)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", path, err)
	}
	return connection, nil
}

// call calls with a time limit.
func call[Request, Answer any](
	ctx context.Context, limits times, method func(context.Context, Request, ...grpc.CallOption) (Answer, error), request Request,
) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, limits.call)
	defer cancel()
	return method(ctx, request)
}

// received is a stream's next message, or why there is none.
type received[Message any] struct {
	message Message
	err     error
}

// receive passes a stream's messages on until it fails or the context ends; the
// failure is the last. The session's end waits for it.
func receive[Message any](ctx context.Context, r *runtime, next func() (Message, error)) <-chan received[Message] {
	messages := make(chan received[Message])
	r.session.Go(func() {
		for {
			message, err := next()
			select {
			case messages <- received[Message]{message, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	return messages
}

// notFound and notServed tell what a gRPC error means.
func notFound(err error) bool  { return status.Code(err) == codes.NotFound }
func notServed(err error) bool { return status.Code(err) == codes.Unimplemented }
