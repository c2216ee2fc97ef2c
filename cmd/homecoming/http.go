package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// listen takes the address, or says in one line that somebody else has it.
func listen(ctx context.Context, addr, setting string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program: stop that one, or set %s", addr, setting)
	}
	return l, err
}

// A door is what answers, and can be told to say no at /readyz from now on.
type door interface {
	http.Handler
	Drain()
}

// A farewell says how a server ends: it is not ready for Drain, so that no proxy sends more, and then gives requests
// that have begun Patience to finish.
type farewell struct{ Drain, Patience time.Duration }

// serveHTTP answers requests until ctx ends, and then says farewell.
func serveHTTP(ctx context.Context, l net.Listener, h door, bye farewell) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	h.Drain()
	time.Sleep(bye.Drain)
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), bye.Patience)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return server.Close() // what still runs then is a stream; whatever it served is committed or was never
	}
	return nil
}
