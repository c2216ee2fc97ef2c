package meili_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"homecoming/matching"
)

// A sighting is a list that somebody got, between the changes committed before they asked and those by the time they had it.
type sighting struct {
	q        matching.Question
	from, to int
	got      []matching.Place
	by       string
}

// While members change and the indexes catch up, and while a rebuild goes on, every list must be that of one moment
// between the asking and the answer.
func listsWhileEverythingMoves(t *testing.T, s server) {
	w := newTown(t, s, 250)
	begin := slices.Clone(w.members)
	ctx, stop := context.WithCancel(t.Context())
	var moving sync.WaitGroup
	lists := make(chan struct{}) // a change for some: news must not come faster than lists are made
	moving.Go(func() {
		for rnd := rand.New(rand.NewPCG(7, 7)); ; {
			select {
			case <-lists:
				w.change(rnd)
			case <-ctx.Done():
				return
			}
		}
	})
	moving.Go(func() {
		for ctx.Err() == nil {
			if _, err := w.s.Drain(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	var mu sync.Mutex
	var seen []sighting
	for n := range 2 {
		moving.Go(func() {
			for rnd := rand.New(rand.NewPCG(9, uint64(n))); ctx.Err() == nil; {
				one := w.watch(rnd)
				if rnd.IntN(2) == 0 {
					select {
					case lists <- struct{}{}:
					case <-ctx.Done():
					}
				}
				mu.Lock()
				seen = append(seen, one)
				mu.Unlock()
			}
		})
	}
	must(t, w.s.Reindex(context.Background(), nil))
	stop()
	moving.Wait()
	w.judge(begin, seen)
	w.drain()
	w.sound("after a rebuild under traffic")
	w.want("after a rebuild under traffic", "meilisearch", false)
}

func (w *town) watch(rnd *rand.Rand) sighting {
	one := sighting{q: w.question(rnd.IntN(4))}
	w.mu.Lock()
	one.from = len(w.history)
	w.mu.Unlock()
	l := w.list(one.q)
	w.mu.Lock()
	one.to = len(w.history)
	w.mu.Unlock()
	one.got, one.by = places(one.q, l.Hits), l.Index
	return one
}

// judge holds each list against everybody as they were when it was asked for or became until it was there: who was listed
// stood there at some moment, and who was not had a moment at which they stood behind.
func (w *town) judge(members []matching.Member, seen []sighting) {
	w.t.Helper()
	by := map[string]int{}
	slices.SortFunc(seen, func(a, b sighting) int { return a.from - b.from })
	v := 0
	for _, one := range seen {
		for ; v < one.from; v++ {
			members[w.history[v].at] = w.history[v].now
		}
		was := make([][]matching.Member, len(members))
		for i, m := range members {
			was[i] = []matching.Member{m}
		}
		for _, h := range w.history[v:min(one.to+1, len(w.history))] {
			was[h.at] = append(was[h.at], h.now)
		}
		by[one.by]++
		w.exact(one, was)
	}
	w.t.Logf("%d lists (%v) during %d changes", len(seen), by, len(w.history))
	if by["meilisearch"] == 0 {
		w.t.Error("Meilisearch answered none of them")
	}
}

// exact judges one list by what each member was during its time.
func (w *town) exact(one sighting, was [][]matching.Member) {
	w.t.Helper()
	listed := make(map[uuid.UUID]matching.Place, len(one.got))
	for _, p := range one.got {
		listed[p.Membership] = p
	}
	if len(listed) != len(one.got) || !slices.IsSortedFunc(one.got, matching.Place.Compare) {
		w.t.Errorf("a list by %s is out of order: %v", one.by, one.got)
	}
	for _, versions := range was {
		fine := slices.ContainsFunc(versions, func(m matching.Member) bool {
			d := one.q.Formula.Document(m, one.q.AsOf)
			hit, ok := one.q.Hit(d)
			got, there := listed[m.ID]
			if there {
				return ok && one.q.Place(hit) == got
			}
			return !ok || len(one.got) == 20 && one.got[19].Compare(one.q.Place(hit)) < 0
		})
		if !fine {
			w.t.Errorf("a list by %s (changes %d to %d) has %s wrong, who was %+v", one.by, one.from, one.to, versions[0].ID, versions)
		}
	}
}

// A change that the index in use has confirmed during a rebuild must be in the new copy.
func changesDuringARebuildAreKept(t *testing.T, s server) {
	w := newTown(t, s, 50)
	rnd, once := rand.New(rand.NewPCG(3, 3)), sync.Once{}
	w.proxy.set(func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, w.uid+"_next/documents") {
			once.Do(func() { // the facts have been read
				for range 20 {
					w.change(rnd)
				}
				w.drain()
				if n := w.count("SELECT count(*) FROM index_pending WHERE stage = 2"); n == 0 {
					t.Error("nothing is kept for the new copy")
				}
				if err := w.s.Reindex(context.Background(), nil); !errors.Is(err, matching.ErrRebuilding) {
					t.Errorf("a second rebuild at the same time: %v", err)
				}
				if h, err := w.s.Health(context.Background()); err != nil || !h.Building || h.Pending != 0 {
					t.Errorf("health is %+v, %v", h, err)
				}
				w.want("during the rebuild", "meilisearch", false)
			})
		}
		return false
	})
	must(t, w.s.Reindex(t.Context(), nil))
	w.proxy.set(nil)
	if n := w.count("SELECT count(*) FROM index_pending"); n != 0 {
		t.Errorf("%d changes are left", n)
	}
	w.sound("after the rebuild")
	w.want("after the rebuild", "meilisearch", false)
}

// What a killed rebuild leaves is its note and the changes kept for it.
func aKilledRebuildIsClearedAway(t *testing.T, s server) {
	w := newTown(t, s, 30)
	ctx, kill := context.WithCancel(t.Context())
	w.proxy.set(func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
		if strings.HasSuffix(r.URL.Path, "_next/documents") {
			kill()
		}
		return false
	})
	if err := w.s.Reindex(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	w.proxy.set(nil)
	w.want("after a rebuild that was stopped", "meilisearch", false)
	w.exec("INSERT INTO match_builds (name, build) VALUES ('meilisearch', gen_random_uuid())") // killed outright
	w.change(rand.New(rand.NewPCG(4, 4)))
	w.drain()
	if n := w.count("SELECT count(*) FROM index_pending"); n != 1 {
		t.Fatalf("%d changes are kept", n)
	}
	must(t, w.s.Prepare(t.Context()))
	if n := w.count("SELECT (SELECT count(*) FROM index_pending) + (SELECT count(*) FROM match_builds)"); n != 0 {
		t.Fatalf("%d rows are left", n)
	}
	w.sound("after clearing away")
	must(t, w.s.Reindex(t.Context(), nil))
	w.want("after repeating it", "meilisearch", false)
}

// Whatever happens to the server's data, it is noticed before a list is made from it, and mends by itself.
func lostDataIsNoticed(t *testing.T, s server) {
	for what, harm := range map[string]func(w *town){
		"deleted": func(w *town) { s.do(t, "DELETE", "/indexes/"+w.uid, "") },
		"made anew by somebody else": func(w *town) {
			s.do(t, "DELETE", "/indexes/"+w.uid, "")
			s.do(t, "POST", "/indexes/"+w.uid+"/documents?primaryKey=id", `[{"id": "`+uuid.NewString()+`", "company": "`+w.company.String()+`"}]`)
		},
		"of another format": func(w *town) { w.exec("UPDATE match_indexes SET format = 'old' WHERE name = 'meilisearch'") },
		"an older copy": func(w *town) {
			w.exec("UPDATE match_indexes SET moment = left(moment, 31) || '2999' WHERE name = 'meilisearch'")
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newTown(t, s, 40)
			w.want("before", "meilisearch", false)
			harm(w)
			w.want("an index that is "+what, "postgres", true)
			if h, err := w.s.Health(t.Context()); err != nil || !h.Degraded || h.Reason == "" {
				t.Errorf("health is %+v, %v", h, err)
			}
			w.change(rand.New(rand.NewPCG(5, 5)))
			_, _ = w.s.Drain(t.Context()) // may fail, must not hide the harm
			w.want("and then written to", "postgres", true)
			must(t, w.s.Prepare(t.Context()))
			w.drain()
			w.want("after it was prepared", "meilisearch", false)
			w.sound("after it was prepared")
		})
	}
}

// Settings that would cut or unsort lists are noticed at once and mended without a rebuild.
func driftedSettingsAreMended(t *testing.T, s server) {
	w := newTown(t, s, 60)
	built := w.count("SELECT extract(epoch FROM built_at)::bigint FROM match_indexes WHERE name = 'meilisearch'")
	for what, drift := range map[string]string{
		"cuts after five hits":          `{"pagination": {"maxTotalHits": 5}}`,
		"cannot filter by company":      `{"filterableAttributes": ["id", "skills"]}`,
		"lost its settings altogether":  `{"filterableAttributes": null, "sortableAttributes": null, "rankingRules": null}`,
		"sorts by something else first": `{"rankingRules": ["tenure:desc", "sort"], "searchCutoffMs": 1}`,
	} {
		s.do(t, "PATCH", "/indexes/"+w.uid+"/settings", drift)
		w.want("a server that "+what, "postgres", true)
		must(t, w.s.Prepare(t.Context()))
		w.want("after it "+what, "meilisearch", false)
	}
	if again := w.count("SELECT extract(epoch FROM built_at)::bigint FROM match_indexes WHERE name = 'meilisearch'"); again != built {
		t.Error("mending took a rebuild")
	}
}

// The daily update sends the documents of those whose day it is, and no others.
func onlyThoseWhoseDayItIs(t *testing.T, s server) {
	w := newTown(t, s, 0)
	days := map[string]int{"2024-02-29": 1, "2021-02-28": 1, "2024-03-01": 1, "2023-05-05": 3} // two are due on 28 February
	w.clock.Set(day(2026, 2, 27))
	for left, n := range days {
		for range n {
			person, member := uuid.New(), uuid.New()
			w.exec("INSERT INTO people (id, family_name) VALUES (?, 'N')", person)
			w.exec("INSERT INTO memberships (id, company_id, person_id) VALUES (?, ?, ?)", member, w.company, person)
			w.exec("INSERT INTO stints (id, company_id, membership_id, joined_on, left_on) VALUES (?, ?, ?, '2015-01-01', ?)", uuid.New(), w.company, member, left)
		}
	}
	must(t, w.s.Reindex(t.Context(), nil))
	w.proxy.take()
	for _, c := range []struct {
		day, due int
	}{{27, 0}, {28, 2}, {28, 0}} {
		w.clock.Set(day(2026, 2, c.day))
		n, err := w.s.TouchDue(t.Context())
		must(t, err)
		w.drain()
		if put, gone := written(w.proxy.take()); put != c.due || gone != 0 || int(n) != c.due {
			t.Errorf("on the %dth %d were noted, %d documents written and %d deleted; want %d", c.day, n, put, gone, c.due)
		}
	}
	w.sound("on 28 February")
}

// The server takes documents in and finds only afterwards that it cannot keep them.
func tasksThatFailAreTriedAgain(t *testing.T, s server) {
	w := newTown(t, s, 20)
	w.change(rand.New(rand.NewPCG(6, 6)))
	w.exec("UPDATE memberships SET hidden = false") // a document to write, whatever was changed
	w.exec("INSERT INTO index_pending (company_id, membership_id) SELECT company_id, id FROM memberships")
	w.proxy.set(func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
		if strings.HasSuffix(r.URL.Path, "/documents") {
			*r = *rewritten(r, bytes.ReplaceAll(body, []byte(`"id":`), []byte(`"ix":`)))
		}
		return false
	})
	for range 3 {
		if _, err := w.s.Drain(t.Context()); err == nil || !strings.Contains(err.Error(), "failed") {
			t.Fatalf("draining says %v", err)
		}
	}
	if h, err := w.s.Health(t.Context()); err != nil || !h.Failing() || h.Failures != 3 || !strings.Contains(h.Failed, "document") || h.Pending == 0 {
		t.Fatalf("health is %+v, %v", h, err)
	}
	w.proxy.set(nil)
	w.drain()
	if h, err := w.s.Health(t.Context()); err != nil || h.Failing() || h.Failures != 0 || h.Pending != 0 {
		t.Fatalf("health is %+v, %v", h, err)
	}
	w.sound("after the failures")
}

// The doctor finds what is off, document by document, and mends that alone.
func doctorFindsAndMends(t *testing.T, s server) {
	w := newTown(t, s, 40)
	gone, changed, ghost := w.members[0].ID.String(), w.members[1].ID.String(), uuid.NewString()
	at := "/indexes/" + w.uid + "/documents"
	s.do(t, "DELETE", at+"/"+gone, "")
	s.do(t, "PUT", at, `[{"id": "`+changed+`", "p": 2999}]`)
	s.do(t, "POST", at, `[{"id": "`+ghost+`", "company": "`+w.company.String()+`"}, {"id": "no-uuid", "company": "x"}]`)
	w.exec("UPDATE match_members SET p = 1 WHERE membership_id = ?", w.members[2].ID)
	w.exec("DELETE FROM match_members WHERE membership_id = ?", w.members[3].ID)
	want := []string{"meilisearch changed " + changed, "meilisearch extra " + ghost, "meilisearch extra no-uuid", "meilisearch missing " + gone,
		"postgres changed " + w.members[2].ID.String(), "postgres missing " + w.members[3].ID.String()}
	slices.Sort(want)
	for _, mend := range []bool{false, true} {
		var got []string
		w.proxy.take()
		all, err := w.s.Examine(t.Context(), mend, func(d matching.Drift) { got = append(got, d.Index+" "+string(d.Kind)+" "+d.ID) })
		must(t, err)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Fatalf("found %q, want %q", got, want)
		}
		put, deleted := written(w.proxy.take())
		if mend && (put != 2 || deleted != 2) || !mend && put+deleted > 0 {
			t.Errorf("mend %v: %d documents written, %d deleted", mend, put, deleted)
		}
		if c := all[1].Companies[w.company]; all[1].Sound() != mend || c.Want != 40 || c.Have != 40 {
			t.Errorf("mend %v: %+v", mend, all[1])
		}
	}
	w.sound("after mending")
	w.want("after mending", "meilisearch", false)
}

// Documents that somebody takes out or puts in by hand are noticed by their number, without looking at each.
func aMiscountIsMended(t *testing.T, s server) {
	w := newTown(t, s, 20)
	at := "/indexes/" + w.uid + "/documents"
	for want, by := range []func(){
		func() {},
		func() { s.do(t, "DELETE", at+"/"+w.members[0].ID.String(), "") },
		func() { s.do(t, "POST", at, `[{"id": "no-uuid", "company": "x"}, {"id": "nor-this", "company": "x"}]`) },
	} {
		by()
		if mended, err := w.s.Recount(t.Context()); err != nil || mended != want {
			t.Fatalf("%d mended, want %d: %v", mended, want, err)
		}
	}
	w.sound("after the recount")
}

// No query leaves without the company that asks.
func everyQueryNamesItsCompany(t *testing.T, s server) {
	w := newTown(t, s, 30)
	rate := int64(5000)
	for skills := range 5 {
		for _, more := range []func(*matching.Question){
			func(*matching.Question) {},
			func(q *matching.Question) { q.Department = uuid.New() },
			func(q *matching.Question) { q.MaxRate, q.AvailableBy = &rate, &q.AsOf },
			func(q *matching.Question) {
				q.Reached = matching.Reach{Restricted: true, Members: []uuid.UUID{uuid.New()}}
			},
			func(q *matching.Question) {
				q.Reached = matching.Reach{Restricted: true, Departments: []uuid.UUID{uuid.New()}}
			},
		} {
			q := w.question(skills % 5 % (len(w.skills) + 1))
			more(&q)
			w.list(q)
		}
	}
	searches := 0
	for _, r := range w.proxy.take() {
		if !strings.HasSuffix(r.path, "search") {
			continue
		}
		for _, f := range filters(t, r.body) {
			searches++
			if !slices.Contains(conjuncts(f), `company IN ["`+w.company.String()+`"]`) {
				t.Errorf("a query asks for %s", f)
			}
		}
	}
	if searches < 25 {
		t.Fatalf("only %d queries were seen", searches)
	}
}
