package main

import (
	"context"
	"flag"
	"io"

	"github.com/google/uuid"
)

// reindex builds the search indexes anew while they are in use, or writes the documents of some companies again. It may
// be stopped or killed at any time: the indexes in use stay as they are, and it begins anew the next time.
func reindex(ctx context.Context, out io.Writer, args []string) error {
	var companies []uuid.UUID
	err := flags(out, "reindex", args, func(f *flag.FlagSet) {
		f.Func("company", "only this company's part; may be given more than once", func(s string) error {
			id, err := uuid.Parse(s)
			companies = append(companies, id)
			return err
		})
	})
	if err != nil {
		return err
	}
	c, d, err := openConfigured(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	s, b := rank(c, d), newBar(out, "documents")
	err = s.WatchedReindex(ctx, b.show, companies...)
	b.end()
	if err != nil {
		return err
	}
	b = newBar(out, "texts")
	defer b.end()
	return s.ReindexTexts(ctx, b.show, companies...)
}
