package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/internal/clock"
	"homecoming/internal/jobs"
	"homecoming/market"
)

// reconcile compares a company's ledger with Stripe's balance transactions, exactly as the page does: the work is a
// job, carried out by whatever serves or works this database. It fails when something does not match.
func reconcile(ctx context.Context, out io.Writer, args []string) error {
	var company uuid.UUID
	var email string
	to := civil.DateOf(time.Now())
	from := to.AddDays(-30)
	err := flags(out, "reconcile", args, func(f *flag.FlagSet) {
		f.TextVar(&company, "company", uuid.Nil, "whose books")
		f.StringVar(&email, "as", "", "the address of who reconciles")
		f.TextVar(&from, "from", from, "the first day, as the company counts them")
		f.TextVar(&to, "to", to, "the last day")
	})
	if err != nil {
		return err
	}
	d, m, who, err := as(ctx, email)
	if err != nil {
		return err
	}
	defer d.Close()
	books := billing.New(d, clock.System, m, nil, billing.Config{}) // no gateway: the job has one
	r, err := books.StartReconciliation(ctx, who, company, from, to)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "run %s is queued; a server or `homecoming work` carries it out\n", r.ID)
	if r, err = reconciled(ctx, books, who, r); err != nil {
		return err
	}
	return sayReconciliation(out, r)
}

// reconciled waits for the end of a reconciliation.
func reconciled(ctx context.Context, books *billing.Service, who market.Actor, r billing.Reconciliation) (billing.Reconciliation, error) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for r.FinishedAt == nil {
		select {
		case <-ctx.Done():
			return r, errors.New("stopped watching; the run goes on")
		case <-tick.C:
		}
		var err error
		if r, err = books.Reconciliation(ctx, who, r.ID); err != nil {
			return r, err
		}
	}
	return r, nil
}

// errUnreconciled is returned after what does not match was printed.
var errUnreconciled = errors.New("the books do not match")

func sayReconciliation(out io.Writer, r billing.Reconciliation) error {
	for _, e := range r.Exceptions {
		fmt.Fprintf(out, "%s  %s  %s  ledger %d  stripe %d %s  %d days\n", e.Day, e.Kind, e.Source, e.Ledger, e.Other, e.Currency, e.AgeDays)
	}
	fmt.Fprintf(out, "%s: %d matched, %d need you, difference %v\n", r.State, r.Matched, r.Open, r.Difference)
	if r.State != jobs.Succeeded || len(r.Exceptions) > 0 {
		return errUnreconciled
	}
	return nil
}
