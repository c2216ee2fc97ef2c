package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"homecoming/billing"
)

// errUnwell is returned after the faults were printed.
var errUnwell = errors.New("not everything is well")

// doctor looks at every part that the configuration names and says what it found, one line each. With -ready it only
// asks the server of this machine whether it is ready, which is what a container's health check calls.
func doctor(ctx context.Context, out io.Writer, args []string) error {
	var onlyReady bool
	err := flags(out, "doctor", args, func(f *flag.FlagSet) {
		f.BoolVar(&onlyReady, "ready", false, "ask only whether the server here is ready")
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if onlyReady {
		c, err := readConfig(os.LookupEnv)
		if err != nil {
			return err
		}
		return ready(ctx, c.Addr)
	}
	c, err := readConfig(os.LookupEnv, serveNeeds...)
	err = report(out, "configuration", err)
	if c.DatabaseURL != "" {
		err = errors.Join(err, checkDatabase(ctx, out, c.DatabaseURL))
	}
	if c.MeiliURL != "" {
		err = errors.Join(err, report(out, "meilisearch", answers(ctx, c.MeiliURL+"/health")))
	}
	if err != nil {
		return errUnwell
	}
	return nil
}

// report prints how a part is and gives its fault back.
func report(out io.Writer, part string, fault error) error {
	if fault != nil {
		fmt.Fprintf(out, "BAD  %s: %v\n", part, fault)
	} else {
		fmt.Fprintf(out, "ok   %s\n", part)
	}
	return fault
}

func checkDatabase(ctx context.Context, out io.Writer, url string) error {
	d, err := openChecked(ctx, url)
	if report(out, "database and schema", err) != nil {
		return err
	}
	defer d.Close()
	return report(out, "every entry of the ledger sums to zero", billing.CheckLedger(ctx, d))
}

// ready asks the server that listens on addr; one that listens everywhere is asked on loopback.
func ready(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return answers(ctx, "http://"+net.JoinHostPort(host, port)+"/readyz")
}

// answers reports nil when a GET of the address is answered with 200.
func answers(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, res.Status)
	}
	return nil
}
