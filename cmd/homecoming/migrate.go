package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"homecoming/internal/db"
	"homecoming/matching"
)

// migrate brings the database to this program's schema. Several may run at once: one migrates, the others wait.
func migrate(ctx context.Context, out io.Writer, args []string) error {
	if err := flags(out, "migrate", args, noFlags); err != nil {
		return err
	}
	c, err := readConfig(os.LookupEnv, "DATABASE_URL")
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := bringUp(ctx, d); err != nil {
		return err
	}
	fmt.Fprintln(out, "the schema is up to date")
	return nil
}

// bringUp brings tables and taxonomy to what this program knows.
func bringUp(ctx context.Context, d *db.DB) error {
	if err := db.Migrate(ctx, d); err != nil {
		return err
	}
	if err := db.CheckSchema(ctx, d); err != nil {
		return err // newer than this program: migrating never goes back
	}
	return matching.SyncTaxonomy(ctx, d)
}
