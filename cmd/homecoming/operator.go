package main

import (
	"context"
	"fmt"
	"os"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/market"
	"homecoming/matching"
)

// What the operator's commands begin with.

// openConfigured reads the configuration and opens its database.
func openConfigured(ctx context.Context) (Config, *db.DB, error) {
	c, err := readConfig(os.LookupEnv, "DATABASE_URL")
	if err != nil {
		return c, nil, err
	}
	d, err := openChecked(ctx, c.DatabaseURL)
	return c, d, err
}

// withMarket opens the configured database for whoever runs the installation.
func withMarket(ctx context.Context, do func(Config, *market.Service) error) error {
	c, d, err := openConfigured(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	return do(c, market.New(d, clock.System, matching.ResolveSkill))
}

// as opens the configured database and finds who has the address, on whose behalf the command acts.
func as(ctx context.Context, email string) (*db.DB, *market.Service, market.Actor, error) {
	_, d, err := openConfigured(ctx)
	if err != nil {
		return nil, nil, market.Actor{}, err
	}
	m := market.New(d, clock.System, matching.ResolveSkill)
	who, err := actorNamed(ctx, d, m, email)
	if err != nil {
		d.Close()
	}
	return d, m, who, err
}

// openChecked opens a database and refuses a schema that is not this program's.
func openChecked(ctx context.Context, url string) (*db.DB, error) {
	d, err := db.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := db.CheckSchema(ctx, d); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// actorNamed finds who has the address.
func actorNamed(ctx context.Context, d *db.DB, m *market.Service, email string) (market.Actor, error) {
	var people []market.Person
	if err := d.Gorm(ctx).Where("email = ?", market.Address(email)).Find(&people).Error; err != nil {
		return market.Actor{}, err
	}
	if len(people) == 0 {
		return market.Actor{}, fmt.Errorf("nobody has the address %q", email)
	}
	return m.ActorOf(ctx, people[0].ID)
}
