package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"homecoming/internal/clock"
)

// issueToken makes a token for somebody and prints it, this once: homecoming token create --email yumi@aoi.example
func issueToken(ctx context.Context, out io.Writer, args []string) error {
	if len(args) == 0 || args[0] != "create" {
		return fmt.Errorf("usage: homecoming token create -email ADDRESS [-name NAME] [-days N]")
	}
	var email, name string
	var days int
	err := flags(out, "token create", args[1:], func(f *flag.FlagSet) {
		f.StringVar(&email, "email", "", "whose token it is")
		f.StringVar(&name, "name", "command line", "what it is for, as the settings page shows it")
		f.IntVar(&days, "days", 0, "days until it expires; 0: never")
	})
	if err != nil {
		return err
	}
	d, m, who, err := as(ctx, email)
	if err != nil {
		return err
	}
	defer d.Close()
	var expires *time.Time
	if days > 0 {
		at := clock.System.Now().AddDate(0, 0, days)
		expires = &at
	}
	raw, _, err := m.CreateToken(ctx, who, name, expires)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, raw)
	return nil
}
