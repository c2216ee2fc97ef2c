package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/market"
	"homecoming/matching"
)

// TestAnInstallationBeginsByItsOwnCommands goes from an empty database to an administrator who is in and runs it.
func TestAnInstallationBeginsByItsOwnCommands(t *testing.T) {
	url := dbtest.URL(t)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("HOMECOMING_URL", "https://alumni.example/")
	say := func(want error, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := run(t.Context(), &out, args); !errors.Is(err, want) {
			t.Fatalf("%v: %v\n%s", args, err, out.String())
		}
		return out.String()
	}
	begun := say(nil, "company", "create", "-name", "株式会社あおい", "-admin", "hikaru@aoi.example", "-family-name", "田村", "-given-name", "光", "-fee", "300", "-operator")
	link := regexp.MustCompile(`https://alumni\.example/link/(\S+)`).FindStringSubmatch(begun)
	id := regexp.MustCompile(`[0-9a-f-]{36}`).FindString(begun)
	if link == nil || id == "" {
		t.Fatalf("nobody can come in:\n%s", begun)
	}
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	m := market.New(d, clock.System, matching.ResolveSkill)
	who, _, err := m.UseLink(context.Background(), link[1], "a long enough password", "")
	if err != nil || who.MayAnywhere(market.Administer) != nil || who.MayAnywhere(market.SweepRevenue) != nil {
		t.Fatalf("who follows the link may not run it: %v, %+v", err, who.Grants)
	}
	if _, _, err := m.UseLink(context.Background(), link[1], "", ""); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("the link works twice: %v", err)
	}

	// Whoever has an account is sent a letter: a link on the terminal would be a way into it.
	second := say(nil, "company", "create", "-name", "Hokuto", "-admin", "hikaru@aoi.example", "-language", "en")
	if strings.Contains(second, "/link/") {
		t.Errorf("a second company's command prints a way into an account:\n%s", second)
	}
	if list := say(nil, "company", "list"); !strings.Contains(list, "株式会社あおい") || !strings.Contains(list, "300 bp") || !strings.Contains(list, "Hokuto") || !strings.Contains(list, "500 bp") {
		t.Errorf("listed:\n%s", list)
	}
	say(nil, "company", "fee", "-company", id, "-bp", "0")
	if list := say(nil, "company", "list"); !strings.Contains(list, " 0 bp") {
		t.Errorf("listed after the fee was set:\n%s", list)
	}
	say(market.ErrBetween, "company", "fee", "-company", id)
	say(market.ErrNotFound, "company", "fee", "-company", "00000000-0000-4000-8000-000000000000", "-bp", "1")
	say(market.ErrRequired, "company", "create", "-admin", "hikaru@aoi.example")
	say(market.ErrAddress, "company", "create", "-name", "Ben", "-admin", "hikaru")

	say(market.ErrNoColleague, "operator", "add", "-company", id, "-email", "nobody@aoi.example")
	say(nil, "operator", "add", "-company", id, "-email", "hikaru@aoi.example") // is one already
	if list := say(nil, "operator", "list"); strings.Count(list, "hikaru@aoi.example") != 1 {
		t.Errorf("operators:\n%s", list)
	}
	say(nil, "operator", "remove", "-email", "hikaru@aoi.example")
	say(market.ErrNotFound, "operator", "remove", "-email", "hikaru@aoi.example")
	if list := say(nil, "operator", "list"); list != "" {
		t.Errorf("operators after the last one was removed:\n%s", list)
	}
	if err := run(t.Context(), &bytes.Buffer{}, []string{"company"}); err == nil || !strings.Contains(err.Error(), "create|fee|list") {
		t.Errorf("without a subcommand: %v", err)
	}
}
