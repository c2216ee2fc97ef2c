package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"homecoming/billing"
)

// errUnsound is returned after the broken invariants were printed.
var errUnsound = errors.New("the ledger does not hold")

// ledger looks after the books. Its only subcommand is check: every invariant over everything there is, in one
// snapshot, each with how many rows it was asked of and how many break it, those by name. It fails when one is broken.
func ledger(ctx context.Context, out io.Writer, args []string) error {
	if len(args) == 0 || args[0] != "check" {
		return errors.New("usage: homecoming ledger check [-json]")
	}
	var asJSON bool
	err := flags(out, "ledger check", args[1:], func(f *flag.FlagSet) { f.BoolVar(&asJSON, "json", false, "print JSON") })
	if err != nil {
		return err
	}
	_, d, err := openConfigured(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	found, err := billing.AuditLedger(ctx, d)
	if err != nil {
		return err
	}
	if asJSON {
		err = json.NewEncoder(out).Encode(found)
	} else {
		sayFindings(out, found)
	}
	for _, f := range found {
		if f.Broken > 0 {
			return errors.Join(err, errUnsound)
		}
	}
	return err
}

func sayFindings(out io.Writer, found []billing.Finding) {
	for _, f := range found {
		verdict := "ok  "
		if f.Broken > 0 {
			verdict = "BAD "
		}
		fmt.Fprintf(out, "%s %8d %-16s %s\n", verdict, f.Looked, f.Over, f.Says)
		if f.Broken > 0 {
			fmt.Fprintf(out, "     %8d break it: %s\n", f.Broken, strings.Join(f.Culprits, ", "))
		}
	}
}
