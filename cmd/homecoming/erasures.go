package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"homecoming/internal/db"
	"homecoming/market"
	"homecoming/matching"
)

// errStillThere is returned after those were named who could not be forgotten again yet.
var errStillThere = errors.New("somebody is still there; the hourly job tries again")

// erasures looks after the list of people who were forgotten. Its only subcommand is apply, for a database that was restored from a
// backup: whom the list names and the database has all the same is erased again. Run it before serve; serve would do it within its
// first minute.
func erasures(ctx context.Context, out io.Writer, args []string) error {
	if len(args) == 0 || args[0] != "apply" {
		return errors.New("usage: homecoming erasures apply")
	}
	if err := flags(out, "erasures apply", args[1:], noFlags); err != nil {
		return err
	}
	c, d, err := openConfigured(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.ErasuresURL == "" {
		return errors.New("ERASURES_URL is not set: nothing says who was forgotten")
	}
	m, err := eraser(c, d)
	if err != nil {
		return err
	}
	again, err := m.ForgetAgain(ctx)
	fmt.Fprintf(out, "%d people were forgotten again; the search indexes follow when serve or work runs\n", len(again.Erased))
	for person, stands := range again.Waiting {
		fmt.Fprintf(out, "BAD  person %s: %v\n", person, stands)
		err = errors.Join(err, errStillThere)
	}
	return err
}

// eraser is a market that can forget people.
func eraser(c Config, d *db.DB) (*market.Service, error) {
	options, err := stores(c)
	return market.New(d, c.now(), matching.ResolveSkill, options...), err
}
