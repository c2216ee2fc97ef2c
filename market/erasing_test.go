package market_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/files"
	"homecoming/internal/jobs"
	"homecoming/market"
	"homecoming/market/markettest"
)

// fresh is somebody as they have just signed in, without a password.
func fresh(w *markettest.World, a markettest.Alumnus) market.Actor {
	w.Helper()
	who := a.Actor
	id, err := w.Market.BeginSession(context.Background(), who, "Firefox", "192.0.2.1")
	w.Check(err)
	w.Exec("UPDATE people SET password_hash = '' WHERE id = ?", a.PersonID)
	who.Session = id
	return who
}

// forget has somebody ask, lets the time to think go by, and goes on until they are forgotten.
func forget(w *markettest.World, a markettest.Alumnus) {
	w.Helper()
	ctx := context.Background()
	_, err := w.Market.AskErasure(ctx, fresh(w, a), "")
	w.Check(err)
	w.Clock.Advance(market.Grace)
	w.Check(w.Market.TurnErasures(ctx))
	w.Clock.Advance(2 * time.Hour)
	w.Check(w.Market.TurnErasures(ctx))
}

func TestWhoAsksToBeForgottenIsHiddenAtOnceAndMayThinkAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	also := ben.Alumnus("Takahashi Yumi")
	if yumi.PersonID != also.PersonID {
		t.Fatal("she is two people")
	}
	w.Check(w.Market.Hide(ctx, yumi.Actor, also.MembershipID, true))
	w.Check(w.Market.SetShownTo(ctx, yumi.Actor, market.ShownToEveryone, market.ShownWording))
	seen := func() (at int) {
		list, err := w.Market.People(ctx, aoi.Manager, market.PeopleFilter{CompanyID: aoi.ID})
		w.Check(err)
		return len(list)
	}
	who := fresh(w, yumi)
	if seen() != 1 {
		t.Fatal("she was not to be seen before")
	}
	e, err := w.Market.AskErasure(ctx, who, "")
	w.Check(err)
	if e.DueAt.Sub(w.Clock.Now()) != market.Grace || seen() != 0 || len(lettersOf(t, w, market.LetterLeaving)) != 1 {
		t.Errorf("%+v; %d see her", e, seen())
	}
	if _, err := w.Market.AskErasure(ctx, who, ""); !errors.Is(err, market.ErrErasureAsked) {
		t.Errorf("asked twice: %v", err)
	}
	w.Check(w.Market.CancelErasure(ctx, who))
	if seen() != 1 || w.Count("SELECT count(*) FROM memberships WHERE person_id = ? AND hidden", yumi.PersonID) != 1 || w.Count("SELECT count(*) FROM people WHERE id = ? AND shown_to = 'everyone'", yumi.PersonID) != 1 {
		t.Error("she is not shown as she was before")
	}
	if err := w.Market.CancelErasure(ctx, who); !errors.Is(err, market.ErrNotLeaving) {
		t.Errorf("taken back twice: %v", err)
	}
	w.Clock.Advance(2 * market.Grace)
	w.Check(w.Market.TurnErasures(ctx))
	if l, err := w.Market.Leaving(ctx, who); err != nil || l.Erasure != nil || w.Count("SELECT count(*) FROM people WHERE id = ? AND email IS NOT NULL", yumi.PersonID) != 1 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestOnlyLettersAboutTheAccountReachWhoIsLeaving(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	_, err := w.Market.AskErasure(ctx, fresh(w, yumi), "")
	w.Check(err)
	mailer := &kept{}
	w.Check(w.Market.SendLetter(ctx, mailer, "https://home.test", market.Letter{Letter: market.LetterFunded, PersonID: yumi.PersonID}, 1))
	w.Check(w.Market.SendLetter(ctx, mailer, "https://home.test", market.Letter{Letter: market.LetterLeaving, PersonID: yumi.PersonID, Path: market.LeavePath}, 2))
	if len(mailer.mails) != 1 || !strings.Contains(mailer.mails[0].Text, "https://home.test"+market.LeavePath) {
		t.Errorf("%+v", mailer.mails)
	}
}

func TestWhatStandsInTheWayOfBeingForgottenIsSaid(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	refused := func(when string, who market.Actor, want error) {
		t.Helper()
		if _, err := w.Market.AskErasure(ctx, who, "wrong"); !errors.Is(err, want) {
			t.Errorf("%s: %v", when, err)
		}
	}
	who := fresh(w, yumi)
	through := who
	through.Through = aoi.ID
	refused("whom a provider vouched for", through, market.ErrOwnMeans)
	w.Clock.Advance(2 * time.Hour)
	refused("two hours after signing in", who, market.ErrStaleSignIn)
	w.Check(w.Market.SetPassword(ctx, who, "", "a long and winding road"))
	refused("another password", who, market.ErrOwnPassword)
	who = fresh(w, yumi)
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	refused("an open bid", who, market.ErrBidsOpen)
	w.Exec("UPDATE bids SET state = 'lost' WHERE id = ?", bid.ID)
	w.Exec("INSERT INTO link_proposals (membership_id, company_id, person_id, created_at) VALUES (?, ?, ?, now())", yumi.MembershipID, aoi.ID, yumi.PersonID)
	refused("a company that asks who she is", who, market.ErrProposalOpen)
	administrator := fresh(w, markettest.Alumnus{Actor: aoi.Administrator})
	refused("the last administrator", administrator, market.ErrLastAdministrator)
	if l, err := w.Market.Leaving(ctx, administrator); err != nil || l.Obstacle == nil || !errors.Is(l.Obstacle, market.ErrLastAdministrator) {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestWhatComesInTheWayMeanwhileHasAnErasureWait(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	task := aoi.Task("Close the books", 300_000)
	_, err := w.Market.AskErasure(ctx, fresh(w, yumi), "")
	w.Check(err)
	bid := w.Bid(yumi, task, 280_000)
	w.Clock.Advance(market.Grace)
	w.Check(w.Market.TurnErasures(ctx))
	state := func(want market.ErasureState) {
		t.Helper()
		if w.Count("SELECT count(*) FROM erasures WHERE person_id = ? AND state = ?", yumi.PersonID, string(want)) != 1 {
			t.Errorf("it is not %s", want)
		}
	}
	state(market.ErasureAsked)
	_, err = w.Market.Withdraw(ctx, yumi.Actor, bid.ID)
	w.Check(err)
	w.Clock.Advance(25 * time.Hour)
	w.Check(w.Market.TurnErasures(ctx))
	state(market.Erasing)
}

// A mortal context dies when it was asked for a number of times whether it lives.
type mortal struct {
	context.Context
	left *atomic.Int64 // others ask too: the driver watches it from beside
}

// Err counts down.
func (m mortal) Err() error {
	if m.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestAnErasureThatIsKilledAnywhereGoesOnAndErasesAll(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	_, err := w.Market.Withdraw(ctx, yumi.Actor, bid.ID)
	w.Check(err)
	_, err = w.Market.AskErasure(ctx, fresh(w, yumi), "")
	w.Check(err)
	w.Clock.Advance(market.Grace)
	w.Check(w.Market.TurnErasures(ctx))
	w.Clock.Advance(2 * time.Hour)
	kills := 0
	for ; w.Count("SELECT count(*) FROM erasures WHERE state = 'done'") == 0; kills++ {
		var left atomic.Int64
		left.Store(int64(kills))
		_ = w.Market.TurnErasures(mortal{ctx, &left})
		if kills > 500 {
			t.Fatal("it never ends")
		}
	}
	if kills < 5 {
		t.Errorf("it was killed %d times", kills)
	}
	for q, want := range map[string]int{
		"SELECT count(*) FROM people WHERE id = ? AND email IS NULL AND family_name = '退会'":                           1,
		"SELECT count(*) FROM stints s JOIN memberships m ON m.id = s.membership_id WHERE m.person_id = ?":            0,
		"SELECT count(*) FROM bid_versions v JOIN bids b ON b.id = v.bid_id WHERE b.person_id = ? AND v.message = ''": 1,
		"SELECT count(*) FROM audit WHERE subject = 'person:' || ? AND action <> 'erasure.done' AND detail <> '{}'":   0,
		"SELECT count(*) FROM erasures WHERE person_id = ? AND cardinality(erased) > 50":                              1,
		"SELECT count(*) FROM audit WHERE action = 'erasure.done' AND subject = 'person:' || ?":                       1,
		"SELECT count(*) FROM person_sessions WHERE person_id = ?":                                                    0,
	} {
		if got := w.Count(q, yumi.PersonID.String()); got != want {
			t.Errorf("%s: %d", q, got)
		}
	}
	if w.Count("SELECT count(*) FROM stints s JOIN memberships m ON m.id = s.membership_id WHERE m.person_id = ?", ken.PersonID) != 1 {
		t.Error("somebody else was erased")
	}
}

func TestALineOfTheLogLosesItsDetailToAnErasureAlone(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	e, err := w.Market.AskErasure(context.Background(), fresh(w, yumi), "")
	w.Check(err)
	empty := "UPDATE audit SET detail = '{}' WHERE actor_id = ?"
	try := func(q string, erasing bool) error {
		return w.DB.Tx(context.Background(), func(tx *gorm.DB) error {
			if erasing {
				w.Check(tx.Exec("SELECT set_config('homecoming.erasing', ?, true)", e.ID.String()).Error)
			}
			return tx.Exec(q, yumi.PersonID).Error
		})
	}
	if try(empty, false) == nil || try(empty, true) == nil {
		t.Error("a line was emptied while no erasure is under way")
	}
	w.Exec("UPDATE erasures SET state = 'erasing', begun_at = asked_at WHERE id = ?", e.ID)
	for _, q := range []string{`UPDATE audit SET detail = '{"x": 1}' WHERE actor_id = ?`, "UPDATE audit SET detail = '{}', action = 'x' WHERE actor_id = ?", "DELETE FROM audit WHERE actor_id = ?"} {
		if try(q, true) == nil {
			t.Errorf("%s was let through", q)
		}
	}
	if try(empty, false) == nil {
		t.Error("a line was emptied by somebody else")
	}
	w.Check(try(empty, true))
}

func TestNobodySeesMoreOfWhomTheyForgotThanThatSomebodyLeft(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	forget(w, yumi)
	list, err := w.Market.People(ctx, aoi.Office, market.PeopleFilter{CompanyID: aoi.ID})
	w.Check(err)
	for _, p := range list {
		if p.PersonID == yumi.PersonID && (p.Email != "" || p.Name != "退会 (left)" || len(p.Stints) > 0) {
			t.Errorf("%+v", p)
		}
	}
	if yumi.Email == "" || w.Count("SELECT count(*) FROM river_job WHERE args::text LIKE '%' || ? || '%'", yumi.Email) > 0 {
		t.Error("her address waits in the queue")
	}
	again := aoi.Alumnus("Takahashi Yumi")
	if again.PersonID == yumi.PersonID {
		t.Error("who comes back is who was forgotten")
	}
}

func TestWhoNamesThemselvesACommonWordBlanksNothingOfOthers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	sly, ken := aoi.Alumnus("Close the books"), ben.Alumnus("Sato Ken")
	w.Exec("UPDATE people SET family_name = 'the books', given_name = '' WHERE id = ?", sly.PersonID)
	w.Exec("UPDATE people SET email = 'a@home.test' WHERE id = ?", sly.PersonID)         // which others' addresses end in
	w.Exec("UPDATE memberships SET email = ? WHERE id = ?", ken.Email, sly.MembershipID) // a record of Aoi's says that she is Ken
	report := `{"changes": [{"line": 2, "email": "` + ken.Email + `"}, {"line": 3, "email": "ba@home.test"}], "faults": [{"line": 4, "en": "the books: ba@home.test.jp is taken."}]}`
	run, file := uuid.New(), uuid.New()
	w.Exec("INSERT INTO runs (id, company_id, kind, state, report) VALUES (?, ?, 'import', 'succeeded', ?)", run, ben.ID, report)
	w.Exec("INSERT INTO import_files (id, company_id, rows, report, made_at) VALUES (?, ?, 1, ?, now())", file, ben.ID, report)
	w.Exec("INSERT INTO import_rows (file_id, seq, last, line, email, cells) VALUES (?, 1, 1, 2, ?, '{the books}')", file, ken.Email)
	w.Exec("INSERT INTO knocks (hash, company_id, email, language, expires_at, created_at) VALUES ('x', ?, ?, 'ja', now(), now())", ben.ID, ken.Email)
	w.Exec("INSERT INTO outbox (id, recipient, subject, body) VALUES (?, 'ba@home.test', 'the books', 'the books')", uuid.New())
	w.Check(w.Market.SendLetter(ctx, &kept{}, "https://home.test", market.Letter{Letter: market.LetterFunded, PersonID: ken.PersonID, CompanyID: ben.ID, Facts: map[string]any{"title": "the books"}}, 1))
	forget(w, sly)
	for q, args := range map[string][]any{
		"SELECT count(*) FROM runs WHERE id = ? AND report = ?":                                  {run, report},
		"SELECT count(*) FROM import_files WHERE id = ? AND report = ?":                          {file, report},
		"SELECT count(*) FROM import_rows WHERE file_id = ?":                                     {file},
		"SELECT count(*) FROM knocks WHERE company_id = ?":                                       {ben.ID},
		"SELECT count(*) FROM outbox WHERE recipient = 'ba@home.test' AND subject = ?":           {"the books"},
		"SELECT count(*) FROM notices WHERE person_id = ? AND strpos(title_en, 'the books') > 0": {ken.PersonID},
	} {
		if w.Count(q, args...) != 1 {
			t.Errorf("gone with her: %s", q)
		}
	}
}

func TestNewsOfWhomIsForgottenNamesThemNoMore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	l := market.Letter{Letter: market.LetterBid, PersonID: aoi.Manager.PersonID, CompanyID: aoi.ID, Path: "/tasks", Facts: map[string]any{"title": "Close the books"}}
	w.Check(w.Market.SendLetter(ctx, &kept{}, "https://home.test", l.Naming("from", yumi.PersonID, yumi.Name), 1))
	w.Check(w.DB.Tx(ctx, func(tx *gorm.DB) error { return jobs.Enqueue(tx, l.Naming("from", yumi.PersonID, yumi.Name)) }))
	named := func() [2]int {
		return [2]int{w.Count("SELECT count(*) FROM notices WHERE person_id = ? AND tells_of = ? AND title_en <> '—'", aoi.Manager.PersonID, yumi.PersonID),
			w.Count("SELECT count(*) FROM river_job WHERE strpos(args::text, ?) > 0", yumi.Name)}
	}
	if named() != [2]int{1, 1} {
		t.Fatalf("nothing names her: %v", named())
	}
	forget(w, yumi)
	if named() != [2]int{} {
		t.Errorf("she is named in %v", named())
	}
}

func TestAnImportsReportLosesWhomItTellsOfAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.Exec("UPDATE memberships SET email = 'y+u.mi@aoi.test' WHERE id = ?", yumi.MembershipID)
	without := func(report string) (got string) {
		w.Check(w.DB.Gorm(context.Background()).Raw("SELECT report_without(?::jsonb, ?, ?, 'yumi@home.test')::text", report, aoi.ID, yumi.PersonID).Scan(&got).Error)
		return got
	}
	for report, want := range map[string]string{
		`{"error": "import_failed"}`: `{"error": "import_failed"}`,
		`{"rows": 2, "faults": [], "changes": [{"email": "Yumi@home.test"}, {"email": "ayumi@home.test"}, {"email": "y+u.mi@aoi.test"}, {"email": "yyu.mi@aoi.test"}]}`:           `{"rows": 2, "faults": [], "changes": [{"email": "ayumi@home.test"}, {"email": "yyu.mi@aoi.test"}]}`,
		`{"changes": [], "faults": [{"en": "yumi@home.test."}, {"en": "“y+u.mi@aoi.test”"}, {"en": "yumi@home.test.jp"}, {"en": "a.yumi@home.test"}, {"en": "yumi@home.tests"}]}`: `{"faults": [{"en": "yumi@home.test.jp"}, {"en": "a.yumi@home.test"}, {"en": "yumi@home.tests"}], "changes": []}`,
	} {
		if got := without(report); got != want {
			t.Errorf("%s became %s", report, got)
		}
	}
}

func TestReportsOfImportsAndKeptMailsLoseTheirPeopleWithTime(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	run := uuid.New()
	w.Exec(`INSERT INTO runs (id, company_id, kind, state, report, finished_at) VALUES (?, ?, 'import', 'succeeded', '{"rows": 1, "changes": [{"email": "x"}], "faults": []}', ?)`, run, aoi.ID, w.Clock.Now())
	w.Exec("INSERT INTO outbox (id, recipient, subject, body, created_at) VALUES (?, 'x', 'x', 'x', ?)", uuid.New(), w.Clock.Now())
	left := func() [2]int {
		w.Check(w.Market.Sweep(context.Background()))
		return [2]int{w.Count("SELECT count(*) FROM runs WHERE id = ? AND report->'changes' <> '[]'", run), w.Count("SELECT count(*) FROM outbox WHERE recipient = 'x'")}
	}
	w.Clock.Advance(29 * 24 * time.Hour)
	if left() != [2]int{1, 1} {
		t.Error("gone too early")
	}
	w.Clock.Advance(2 * 24 * time.Hour)
	if left() != [2]int{1, 0} {
		t.Error("the mail is still there, or the report is not")
	}
	w.Clock.Advance(60 * 24 * time.Hour)
	if left() != [2]int{} || w.Count("SELECT count(*) FROM runs WHERE id = ? AND report->>'rows' = '1'", run) != 1 {
		t.Error("the rows are still there, or their number is not")
	}
}

func TestWhoReturnsWithWorkUnderWayIsHiddenAndWaitsUntilItIsSettled(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	list, err := files.NewDirectory(t.TempDir())
	w.Check(err)
	m := market.New(w.DB, w.Clock, markettest.Resolve, markettest.CheapPasswords, market.WithErasures(list))
	aoi := w.Company("Aoi")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	for _, listed := range []uuid.UUID{yumi.PersonID, uuid.New()} { // one of whom the backup does not know
		w.Check(list.Put(ctx, listed, strings.NewReader("x"), 1))
	}
	w.Exec("INSERT INTO role_grants (company_id, person_id, role) VALUES (?, ?, 'administrator')", aoi.ID, yumi.PersonID)
	w.Exec("UPDATE role_grants SET accepted_at = NULL WHERE company_id = ? AND person_id = ?", aoi.ID, aoi.Administrator.PersonID)
	again, err := m.ForgetAgain(ctx)
	if err != nil || len(again.Erased) != 0 || !errors.Is(again.Waiting[yumi.PersonID], market.ErrLastAdministrator) {
		t.Errorf("%+v, %v", again, err)
	}
	if open := w.Count("SELECT count(*) FROM bids WHERE id = ? AND state <> 'withdrawn'", bid.ID); open != 0 {
		t.Error("a company still considers the bid of somebody who is gone")
	}
	seen, err := m.People(ctx, aoi.Manager, market.PeopleFilter{CompanyID: aoi.ID})
	if err != nil || len(seen) != 1 || seen[0].PersonID != ken.PersonID {
		t.Errorf("%+v, %v", seen, err)
	}
	w.Exec("UPDATE role_grants SET accepted_at = now() WHERE company_id = ?", aoi.ID)
	w.Check(m.TurnErasures(ctx))
	if w.Count("SELECT count(*) FROM people WHERE id = ? AND email IS NULL", yumi.PersonID) != 1 || len(lettersOf(t, w, market.LetterLeft)) != 0 {
		t.Error("she is still there, or was written to again")
	}
	again, err = m.ForgetAgain(ctx)
	if err != nil || len(again.Erased)+len(again.Waiting) != 0 {
		t.Errorf("%+v, %v", again, err)
	}
}
