package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/google/uuid"
)

// reindex builds the search indexes anew while they are in use.
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
	err = rank(c, d).Reindex(ctx, func(done, total int) { fmt.Fprintf(out, "\r%d of %d", done, total) }, companies...)
	fmt.Fprintln(out)
	return err
}
