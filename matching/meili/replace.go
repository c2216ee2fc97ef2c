package meili

import (
	"context"
	"errors"
	"net/http"
	"time"

	sdk "github.com/meilisearch/meilisearch-go"

	"homecoming/matching"
)

// Replace fills a second index beside the one in use and swaps the two, so that rankings see the whole of the one or the
// whole of the other. It outlives restarts of the server.
func (ix *Index) Replace(ctx context.Context, feed func(put func([]matching.Document) error) error) error {
	next := ix.uid + "_next"
	for _, step := range []func(context.Context, string) error{ix.drop, ix.create, ix.apply} {
		if err := patiently(ctx, func() error { return step(ctx, next) }); err != nil {
			return err
		}
	}
	f := feeder{ix: ix, uid: next, writer: writer{known: tokens{}}}
	if err := feed(func(docs []matching.Document) error { return f.put(ctx, docs) }); err != nil {
		return err
	}
	if err := f.flush(ctx); err != nil {
		return err
	}
	if err := patiently(ctx, func() error { return ix.create(ctx, ix.uid) }); err != nil { // a swap wants two
		return err
	}
	moment, err := ix.momentOf(ctx, next)
	if err != nil {
		return err
	}
	if err := patiently(ctx, func() error { return ix.swap(ctx, next, moment) }); err != nil {
		return err
	}
	_ = ix.drop(ctx, next) // the old one; the next rebuild drops it where this does not
	return nil
}

// A feeder fills an index in large batches: the server works on one while the next is read, and at most two wait.
type feeder struct {
	ix  *Index
	uid string
	writer
	gone    []string
	docs    int
	waiting []int64
	flushed bool
}

// Batches are large: those of 25,000 cost the server a quarter more processor time for each document than those of 50,000,
// and those of 10,000 half as much again; larger ones save nothing, and it would begin later.
const (
	batchDocs   = 50_000
	batchBytes  = 64 << 20
	mostWaiting = 2
)

// put takes documents in, and with none of them waits until all are searchable. Until the first such wait every document
// is a new one, so that those of nobody's candidates need no deletion.
func (f *feeder) put(ctx context.Context, docs []matching.Document) error {
	if len(docs) == 0 {
		return f.flush(ctx)
	}
	gone := f.candidates(docs)
	if f.flushed {
		f.gone = append(f.gone, gone...)
	}
	f.docs += len(docs)
	if f.docs < batchDocs && len(f.lines) < batchBytes {
		return nil
	}
	return f.upload(ctx, mostWaiting)
}

func (f *feeder) flush(ctx context.Context) error {
	err := f.upload(ctx, 0)
	f.flushed = f.flushed || err == nil
	return err
}

// upload hands over what has gathered, and waits until no more than so many batches wait at the server.
func (f *feeder) upload(ctx context.Context, most int) error {
	tasks, err := f.handOver(ctx)
	if err != nil {
		return err
	}
	f.lines = f.lines[:0]
	f.gone, f.docs, f.waiting = nil, 0, append(f.waiting, tasks...)
	for len(f.waiting) > most {
		if err := patiently(ctx, func() error { return f.ix.wait(ctx, f.waiting[0]) }); err != nil {
			return err
		}
		f.waiting = f.waiting[1:]
	}
	return nil
}

func (f *feeder) handOver(ctx context.Context) (tasks []int64, err error) {
	err = patiently(ctx, func() error {
		tasks, err = f.ix.hand(ctx, f.uid, f.lines, f.gone)
		return err
	})
	return tasks, err
}

// swap exchanges the index in use with the other, and finds out first whether an earlier try has: swapped twice is not
// swapped. moment is that of the new one.
func (ix *Index) swap(ctx context.Context, next, moment string) error {
	var waiting struct {
		Results []struct{ UID int64 }
	}
	if err := ix.call(ctx, http.MethodGet, "/tasks?types=indexSwap&statuses=enqueued,processing", nil, &waiting); err != nil {
		return err
	}
	for _, t := range waiting.Results {
		if err := ix.wait(ctx, t.UID); err != nil {
			return err
		}
	}
	if now, err := ix.Moment(ctx); err != nil || now == moment {
		return err
	}
	var t ticket
	if err := ix.call(ctx, http.MethodPost, "/swap-indexes", []map[string]any{{"indexes": []string{ix.uid, next}}}, &t); err != nil {
		return err
	}
	return ix.wait(ctx, t.TaskUID)
}

// patience is how long a rebuild waits for a server that does not answer: long enough for a restart.
const patience = time.Minute

// patiently tries again while the server is away or busy. What it tries must be safe to do twice.
func patiently(ctx context.Context, do func() error) error {
	began := time.Now()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := do()
		if err == nil || !passing(err) || time.Since(began) > patience {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// passing says whether an error may go away by itself: the server did not answer, or says that it cannot now.
func passing(err error) bool {
	var no *refusal
	var failed *failure
	var other *sdk.Error
	switch {
	case errors.As(err, &no):
		return no.status >= 500 || no.status == http.StatusTooManyRequests
	case errors.As(err, &other):
		return other.StatusCode == 0 || other.StatusCode >= 500 || other.StatusCode == http.StatusTooManyRequests
	case errors.As(err, &failed):
		return false
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
