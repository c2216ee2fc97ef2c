package market_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestAScopeCoversItselfAndWritingCoversReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		has, needs := rapid.SampledFrom(market.Scopes).Draw(t, "has"), rapid.SampledFrom(append(slices.Clone(market.Scopes), "")).Draw(t, "needs")
		covered := has == market.Everything || has == needs
		for _, subject := range market.Subjects {
			covered = covered || has == market.Writing(subject) && needs == market.Reading(subject)
		}
		var want error
		if !covered {
			want = market.ErrScope
		}
		if err := (market.Actor{Scopes: []market.Scope{has}}).Within(needs); !errors.Is(err, want) {
			t.Fatalf("%q for %q: %v", has, needs, err)
		}
	})
	if err := (market.Actor{}).Within(""); err != nil {
		t.Errorf("who came without a token is not narrowed: %v", err)
	}
}

func TestATokenKeepsItsScopesAndNeverExceedsItsPerson(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	for name, c := range map[string]struct {
		scopes []market.Scope
		want   error
	}{"none": {nil, market.ErrNoScope}, "one that there is not": {[]market.Scope{"tasks:fly"}, market.ErrNotOneOf}} {
		if _, _, err := w.Market.MintToken(ctx, aoi.Manager, "x", nil, c.scopes); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	raw, made, err := w.Market.MintToken(ctx, aoi.Manager, "tasks", nil, []market.Scope{market.Writing("tasks"), market.Reading("money"), market.Writing("tasks")})
	w.Check(err)
	if want := []string{"tasks:write", "money:read"}; !slices.Equal(made.Scopes, want) {
		t.Errorf("%v, not %v", made.Scopes, want)
	}
	who, err := w.Market.ActorByToken(ctx, raw)
	w.Check(err)
	if who.Within(market.Reading("tasks")) != nil || who.Within(market.Writing("money")) == nil || who.Within("") == nil {
		t.Errorf("%v", who.Scopes)
	}
	if err := who.May(market.SeeMoney, aoi.ID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a scope gives nothing that the person has not: %v", err)
	}
	w.Check(w.Market.Revoke(ctx, aoi.Administrator, aoi.ID, aoi.Manager.PersonID, market.Manager))
	if who, err = w.Market.ActorByToken(ctx, raw); err != nil || who.May(market.SeeTasks, aoi.ID) == nil {
		t.Errorf("a token outlives the role: %v, %v", who.Grants, err)
	}
	all, made, err := w.Market.MintToken(ctx, aoi.Office, "all", nil, []market.Scope{market.Reading("me"), market.Everything})
	w.Check(err)
	if who, err = w.Market.ActorByToken(ctx, all); err != nil || len(who.Scopes) != 0 || len(made.Scopes) != 1 {
		t.Errorf("everything: %v of %v, %v", who.Scopes, made.Scopes, err)
	}
}
