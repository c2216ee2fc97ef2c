package meili_test

import (
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/matching"
	"homecoming/matching/indextest"
	"homecoming/matching/meili"
	"homecoming/matching/postgres"
)

func TestOnARealServer(t *testing.T) {
	s := start(t)
	t.Run("settings are compared", func(t *testing.T) { settingsAreCompared(t, s) })
	t.Run("skills that look alike are kept apart", func(t *testing.T) { lookalikes(t, s) })
	t.Run("a failed task is an error", func(t *testing.T) { failedTask(t, s) })
	t.Run("trouble leaves the list as it is", func(t *testing.T) { trouble(t, s) })
	t.Run("one at a time tries again", func(t *testing.T) { oneAtATimeTriesAgain(t, s) })
	t.Run("lists while everything moves", func(t *testing.T) { listsWhileEverythingMoves(t, s) })
	t.Run("changes during a rebuild are kept", func(t *testing.T) { changesDuringARebuildAreKept(t, s) })
	t.Run("a killed rebuild is cleared away", func(t *testing.T) { aKilledRebuildIsClearedAway(t, s) })
	t.Run("lost data is noticed", func(t *testing.T) { lostDataIsNoticed(t, s) })
	t.Run("drifted settings are mended", func(t *testing.T) { driftedSettingsAreMended(t, s) })
	t.Run("the daily update touches only those whose day it is", func(t *testing.T) { onlyThoseWhoseDayItIs(t, s) })
	t.Run("tasks that fail are tried again", func(t *testing.T) { tasksThatFailAreTriedAgain(t, s) })
	t.Run("the doctor finds and mends", func(t *testing.T) { doctorFindsAndMends(t, s) })
	t.Run("a miscount is mended", func(t *testing.T) { aMiscountIsMended(t, s) })
	t.Run("every query names its company", func(t *testing.T) { everyQueryNamesItsCompany(t, s) })
	t.Run("what the score must not read moves nobody", func(t *testing.T) {
		indextest.NeverMoves(t, "meilisearch", func(t testing.TB, d *db.DB, c clock.Clock) *matching.Service {
			return matching.New(d, c, postgres.New(d), s.index(t))
		})
	})
	t.Run("lists equal scoring everybody", func(t *testing.T) {
		indextest.Run(t, "meilisearch", func(t testing.TB, d *db.DB, c clock.Clock) *matching.Service {
			return matching.New(d, c, postgres.New(d), s.index(t))
		})
	})
}

var asOf = civil.Date{Year: 2026, Month: 4, Day: 1}

func replace(t *testing.T, ix *meili.Index, docs ...matching.Document) {
	t.Helper()
	if err := ix.Replace(t.Context(), func(put func([]matching.Document) error) error { return put(docs) }); err != nil {
		t.Fatal(err)
	}
}

func settingsAreCompared(t *testing.T, s server) {
	ix := s.index(t)
	if ix.Check(t.Context()) == nil {
		t.Fatal("an index that is not there passes its check")
	}
	doc := matching.Document{Membership: uuid.New(), Company: uuid.New(), Candidate: true, LeftOn: asOf}
	if err := ix.Put(t.Context(), []matching.Document{doc}); err != nil {
		t.Fatal(err)
	}
	if err := ix.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "setting") {
		t.Fatalf("an index with the server's own settings passes its check: %v", err)
	}
	replace(t, ix, doc)
	if err := ix.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func lookalikes(t *testing.T, s server) {
	ix, company := s.index(t), uuid.New()
	skills := []string{"c", "c+", "c++", "c#", "c-", "c.", "c-p"}
	docs := make([]matching.Document, len(skills))
	for i, skill := range skills {
		docs[i] = matching.Document{Membership: uuid.New(), Company: company, Candidate: true, LeftOn: asOf, Held: map[string]int{skill: 2}}
	}
	replace(t, ix, docs...)
	for i, skill := range skills {
		q := matching.Question{Company: company, AsOf: asOf, Formula: matching.V1, Skills: []matching.Wanted{{Skill: skill, Level: 2, Weight: 2}}}
		got, err := ix.Ask(t.Context(), q, []matching.List{{AtLeast: 2, Limit: 20}})
		if err != nil || len(got[0]) != 1 || got[0][0].Membership != docs[i].Membership || got[0][0].Met != 2 {
			t.Errorf("%s finds %+v, %v", skill, got, err)
		}
		q.Company = uuid.New()
		if got, err = ix.Ask(t.Context(), q, []matching.List{{Limit: 20}}); err != nil || len(got[0]) != 0 {
			t.Errorf("another company finds %+v, %v", got, err)
		}
	}
}

// The server accepts the documents at once and finds only later that the index has another key.
func failedTask(t *testing.T, s server) {
	uid := s.uid(t)
	s.send(t, "POST", "/indexes/"+uid+"/documents?primaryKey=other", `[{"other": 1}]`, http.StatusAccepted)
	err := meili.New(s.url, s.key, uid).Put(t.Context(), []matching.Document{{Membership: uuid.New(), Company: uuid.New(), Candidate: true, LeftOn: asOf}})
	if err == nil || !strings.Contains(err.Error(), "primary key") {
		t.Fatalf("the task failed, Put says %v", err)
	}
}
