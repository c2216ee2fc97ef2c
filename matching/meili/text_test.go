package meili_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/market/markettest"
	"homecoming/matching"
	"homecoming/matching/freetext"
	"homecoming/matching/freetext/freetexttest"
	"homecoming/matching/meili"
	"homecoming/matching/postgres"
)

func TestTextOnARealServer(t *testing.T) {
	s := start(t)
	t.Run("words are found with slips", func(t *testing.T) { freetexttest.Words(t, s.text(t)) })
	t.Run("searches show and count what the lists show", func(t *testing.T) {
		freetexttest.Policy(t, "meilisearch", true, func(t testing.TB, d *db.DB, c clock.Clock) *matching.Service {
			return patient(matching.New(d, c, postgres.New(d), meili.New(s.url, s.key, s.wordsUID(t))))
		})
	})
	t.Run("trouble is answered by PostgreSQL", func(t *testing.T) { textTrouble(t, s) })
	t.Run("settings are compared", func(t *testing.T) { textSettings(t, s) })
}

// patient lets a busy machine not look like a slow index.
func patient(s *matching.Service) *matching.Service {
	s.Budget, s.Rest = time.Minute, 0
	return s
}

// text is a fresh index of words on the server, deleted when the test ends.
func (s server) text(t testing.TB) freetext.Index {
	return meili.New(s.url, s.key, s.wordsUID(t)).Text()
}

func (s server) wordsUID(t testing.TB) string {
	uid := "words_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	t.Cleanup(func() {
		for _, u := range []string{"_people", "_tasks"} {
			s.send(t, "DELETE", "/indexes/"+uid+u, "", http.StatusAccepted)
		}
	})
	return uid
}

func textTrouble(t *testing.T, srv server) {
	w, f := markettest.New(t), newProxy(t, srv)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	s := patient(matching.New(w.DB, w.Clock, postgres.New(w.DB), meili.New(f.url, srv.key, srv.wordsUID(t))))
	answer := func(h http.HandlerFunc) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.instead = nil
		if h != nil {
			f.instead = func(w http.ResponseWriter, r *http.Request, _ []byte) bool { h(w, r); return true }
		}
	}
	look := func(typed string) matching.Talent {
		t.Helper()
		found, err := s.SearchPeople(t.Context(), aoi.Office, matching.TalentQuery{Company: aoi.ID, Text: typed})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if got := look("yumi"); got.Index != "postgres" || !got.Degraded || got.Total != 1 {
		t.Fatalf("before the index is built: %+v", got)
	}
	if err := s.PrepareTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := look("takahasi"); got.Index != "meilisearch" || got.Degraded || got.Total != 1 || got.Items[0].ID != yumi.MembershipID {
		t.Fatalf("%+v", got)
	}
	for name, h := range map[string]http.HandlerFunc{
		"refuses":        func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) },
		"hangs up":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"talks nonsense": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"tells of somebody else's people": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"results": [{"hits": [{"id": "none"}]}]}`))
		},
	} {
		answer(h)
		if got := look("takahashi"); got.Index != "postgres" || !got.Degraded || got.Total != 1 {
			t.Errorf("a server that %s: %+v", name, got.Found)
		}
		answer(nil)
		if got := look("takahasi"); got.Index != "meilisearch" || got.Degraded || got.Total != 1 {
			t.Errorf("after a server that %s: %+v", name, got.Found)
		}
	}
	answer(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"results": [{"hits": [{"id": "` + yumi.MembershipID.String() + `"}]}]}`))
	})
	ben := w.Company("Ben")
	got, err := s.SearchPeople(t.Context(), ben.Office, matching.TalentQuery{Company: ben.ID, Text: "yumi"})
	if err != nil || got.Total != 0 || len(got.Items) != 0 || len(got.Facets[matching.FacetDepartment]) != 0 {
		t.Errorf("a server that tells of another company's people is believed: %+v %v", got, err)
	}
	answer(nil)
	alone := matching.New(w.DB, w.Clock, postgres.New(w.DB)) // a start without the faster index
	w.Exec("UPDATE people SET family_name = 'Kobayashi' WHERE id = ?", yumi.PersonID)
	if _, err := alone.DrainTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := look("kobayashi"); got.Index != "postgres" || !got.Degraded || got.Total != 1 {
		t.Errorf("an index that missed a change: %+v", got.Found)
	}
}

func textSettings(t *testing.T, s server) {
	uid := s.wordsUID(t)
	ix := meili.New(s.url, s.key, uid).Text()
	if ix.Check(t.Context()) == nil {
		t.Fatal("an index that is not there passes its check")
	}
	if err := ix.Replace(t.Context(), func(func([]freetext.Document) error) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := ix.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.send(t, "PATCH", "/indexes/"+uid+"_tasks/settings", `{"rankingRules": ["words"]}`, http.StatusAccepted)
	for deadline := time.Now().Add(20 * time.Second); ix.Check(t.Context()) == nil; <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("an index with other ranking rules passes its check")
		}
	}
}
