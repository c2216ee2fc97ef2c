package main

import (
	"context"
	"io"
	"os"
	"slices"
)

// work works the queue without answering requests: beside a server, to carry more.
func work(ctx context.Context, out io.Writer, args []string) error {
	if err := flags(out, "work", args, noFlags); err != nil {
		return err
	}
	c, err := readConfig(os.LookupEnv, slices.Concat(serveNeeds, []string{"HOMECOMING_URL"})...)
	if err != nil {
		return err
	}
	a, err := build(ctx, c, c.logger())
	if err != nil {
		return err
	}
	defer a.close()
	stop, err := a.work(ctx)
	if err != nil {
		return err
	}
	a.log.Info("working", "jobs_at_a_time", c.Workers, "version", version)
	<-ctx.Done()
	return stop()
}
