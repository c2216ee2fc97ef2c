package market_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/market/markettest"
)

// officer is somebody of the company whom it named for its reports.
func officer(w *markettest.World, c *markettest.Company, name string) market.Actor {
	w.Helper()
	ctx := context.Background()
	roles, err := w.Market.CustomRoles(ctx, c.Administrator, c.ID)
	w.Check(err)
	if len(roles) == 0 {
		made, err := w.Market.CreateCustomRole(ctx, c.Administrator, c.ID, "Conduct officer", []market.Action{market.HandleReports})
		w.Check(err)
		roles = append(roles, made)
	}
	return c.Colleague(name, market.Role(roles[0].ID.String()))
}

func reported(w *markettest.World, who market.Actor, c *markettest.Company, change ...func(*market.ReportDraft)) market.Reported {
	w.Helper()
	d := market.ReportDraft{Category: "harassment", Text: "He shouts."}
	for _, f := range change {
		f(&d)
	}
	made, err := w.Market.MakeReport(context.Background(), who, c.ID, d)
	w.Check(err)
	return made
}

func anonymously(d *market.ReportDraft) { d.Anonymous = true }

// sees reports whether somebody finds a report on their desk.
func sees(w *markettest.World, who market.Actor, id uuid.UUID) bool {
	w.Helper()
	list, err := w.Market.Reports(context.Background(), who, false)
	if errors.Is(err, market.ErrForbidden) {
		return false
	}
	w.Check(err)
	listed := slices.ContainsFunc(list, func(r market.Report) bool { return r.ID == id })
	if _, err := w.Market.Report(context.Background(), who, id); (err == nil) != listed {
		w.Errorf("%s: listed %v, and reading it gives %v", who.Name, listed, err)
	}
	return listed
}

// only is the one report that there is.
func only(w *markettest.World) uuid.UUID {
	w.Helper()
	var ids []uuid.UUID
	w.Check(w.DB.Gorm(context.Background()).Raw("SELECT id FROM reports").Scan(&ids).Error)
	return ids[0]
}

func TestNobodyLooksIntoWhatIsAboutThem(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	kai := officer(w, aoi, "kai")
	operator := ben.Colleague("operator", market.Staff)
	w.Check(w.Market.MakeOperator(ctx, ben.ID, operator.PersonID))
	operator = w.Actor(operator.PersonID)
	desk := func(made market.Reported) string {
		var on []string
		for name, who := range map[string]market.Actor{"kai": kai, "admin": aoi.Administrator, "operator": operator, "office": aoi.Office, "yumi": yumi.Actor, "ben": ben.Administrator} {
			if sees(w, who, made.ID) {
				on = append(on, name)
			}
		}
		slices.Sort(on)
		return strings.Join(on, " ")
	}
	about := func(who ...market.Actor) func(*market.ReportDraft) {
		return func(d *market.ReportDraft) {
			for _, a := range who {
				d.Officers = append(d.Officers, a.PersonID)
			}
		}
	}
	if got := desk(reported(w, yumi.Actor, aoi)); got != "admin kai" {
		t.Errorf("one whom the company named, and its administrator so that they are two: %s", got)
	}
	if got := desk(reported(w, yumi.Actor, aoi, about(kai))); got != "admin operator" {
		t.Errorf("about the officer: %s", got)
	}
	if got := desk(reported(w, yumi.Actor, aoi, about(kai, aoi.Administrator))); got != "operator" {
		t.Errorf("about everybody at the company: %s", got)
	}
	ren := officer(w, aoi, "ren")
	if got := desk(reported(w, yumi.Actor, aoi)); got != "kai" || !sees(w, ren, reported(w, yumi.Actor, aoi).ID) {
		t.Errorf("two officers are enough: %s", got)
	}
	if made := reported(w, kai, aoi); sees(w, aoi.Administrator, made.ID) != true || !sees(w, ren, made.ID) {
		t.Error("an officer's own report goes to the others")
	}
	if _, err := w.Market.MakeReport(ctx, yumi.Actor, aoi.ID, market.ReportDraft{Category: "other", Text: "x", Officers: []uuid.UUID{aoi.Office.PersonID}}); !errors.Is(err, market.ErrNoOfficer) {
		t.Errorf("somebody who is no officer: %v", err)
	}
}

func TestWhoIsBehindAThingDoesNotLookIntoIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), ben.Alumnus("Sato Ken")
	kai := officer(w, aoi, "kai")
	officer(w, aoi, "ren")
	task := aoi.Task("Close the books", 300_000)
	bid := w.Bid(yumi, task, 280_000)
	post, err := w.Market.CreatePost(ctx, aoi.Office, aoi.ID, market.DraftPost{Title: "A", Body: "B"})
	w.Check(err)
	_, err = w.Market.PublishPost(ctx, aoi.Office, post.ID, nil, false)
	w.Check(err)
	starts := w.Clock.Now().Add(20 * time.Hour)
	event, err := w.Market.CreateEvent(ctx, aoi.Office, aoi.ID, market.DraftEvent{Title: "Tea", Way: market.OnSite, Place: "Hall", StartsAt: starts, EndsAt: starts.Add(time.Hour)})
	w.Check(err)
	_, err = w.Market.PublishEvent(ctx, aoi.Office, event.ID)
	w.Check(err)
	w.Check(w.Market.AddHost(ctx, aoi.Office, event.ID, aoi.Manager.Email))
	said, err := w.Market.WriteMessage(ctx, aoi.Manager, market.MessageDraft{Subject: market.Subject{Kind: market.AboutBid, ID: bid.ID}, Body: "Now!"})
	w.Check(err)
	for subject, want := range map[string][]uuid.UUID{
		"task:" + task.ID.String(): {aoi.Manager.PersonID}, "bid:" + bid.ID.String(): {aoi.Manager.PersonID}, "post:" + post.ID.String(): {aoi.Office.PersonID},
		"event:" + event.ID.String(): {aoi.Office.PersonID, aoi.Manager.PersonID}, "message:" + said.ID.String(): {aoi.Manager.PersonID}, "member:" + yumi.MembershipID.String(): {}} {
		about := func(d *market.ReportDraft) { d.Subject = subject }
		made := reported(w, yumi.Actor, aoi, about)
		for _, p := range want {
			if w.Count("SELECT count(*) FROM report_people WHERE report_id = ? AND person_id = ?", made.ID, p) != 1 {
				t.Errorf("%s is not about %s", subject, p)
			}
		}
		if n := w.Count("SELECT count(*) FROM report_people WHERE report_id = ?", made.ID); n != len(want) {
			t.Errorf("%s is about %d people", subject, n)
		}
		kind, _, _ := strings.Cut(subject, ":")
		v, err := w.Market.Report(ctx, kai, made.ID)
		w.Check(err)
		if want := map[string]string{"task": "Close the books", "bid": "Close the books – Yumi Takahashi", "post": "A", "event": "Tea", "message": "Now!", "member": "Yumi Takahashi"}[kind]; v.SubjectName != want {
			t.Errorf("the desk reads %q of a %s, not %q", v.SubjectName, kind, want)
		}
		if v, err = w.Market.Report(ctx, yumi.Actor, made.ID); err != nil || v.SubjectName != "" {
			t.Errorf("the reporter reads %q of a %s: %v", v.SubjectName, kind, err)
		}
		if _, err := w.Market.MakeReport(ctx, ken.Actor, ben.ID, market.ReportDraft{Category: "other", Text: "x", Subject: subject}); !errors.Is(err, market.ErrReportSubject) {
			t.Errorf("%s of another company: %v", subject, err)
		}
	}
	for _, subject := range []string{"task", "task:", "task:x", "TASK:" + task.ID.String(), "wall:" + task.ID.String(), "task:" + uuid.NewString(), "\x00"} {
		if _, err := w.Market.MakeReport(ctx, yumi.Actor, aoi.ID, market.ReportDraft{Category: "other", Text: "x", Subject: subject}); !errors.Is(err, market.ErrReportSubject) {
			t.Errorf("%q: %v", subject, err)
		}
	}
}

func TestTheDeskFindsWhomItIsAboutByName(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	ben.Alumnus("Sato Jun")
	kai, ren := officer(w, aoi, "kai"), officer(w, aoi, "ren")
	made := reported(w, yumi.Actor, aoi)
	found, err := w.Market.ReportMembers(ctx, kai, made.ID, "sato")
	w.Check(err)
	if len(found) != 1 || found[0].ID != ken.MembershipID || found[0].Name != "Ken Sato" {
		t.Errorf("found %+v", found)
	}
	for words, want := range map[string]int{"": 0, " ": 0, "%": 0, "Jun": 0, "Sato Ken": 1, "Sato Yumi": 0} {
		if found, err := w.Market.ReportMembers(ctx, kai, made.ID, words); err != nil || len(found) != want {
			t.Errorf("%q finds %+v, %v", words, found, err)
		}
	}
	for _, who := range []market.Actor{yumi.Actor, aoi.Office, aoi.Manager, ben.Administrator} {
		if found, err := w.Market.ReportMembers(ctx, who, made.ID, "sato"); !errors.Is(err, market.ErrNotFound) || found != nil {
			t.Errorf("%s finds %+v, %v", who.Name, found, err)
		}
	}
	staff, err := w.Market.ReportMembers(ctx, kai, made.ID, aoi.Manager.Email)
	w.Check(err)
	if len(staff) != 1 || staff[0].ID != aoi.Manager.PersonID {
		t.Fatalf("a manager is found as %+v", staff)
	}
	w.Check(w.Market.ConcernInReport(ctx, kai, made.ID, staff[0].ID))
	if err := w.Market.ConcernInReport(ctx, kai, made.ID, ben.Manager.PersonID); !errors.Is(err, market.ErrUnknownMember) {
		t.Errorf("somebody who works elsewhere: %v", err)
	}
	w.Check(w.Market.ConcernInReport(ctx, kai, made.ID, found[0].ID))
	// Of those whom it is about nobody needs to be found again.
	_, err = w.Market.AskSuspension(ctx, ren, made.ID, market.SuspensionDraft{Member: ken.PersonID, Reason: "Threats."})
	w.Check(err)
	if _, err := w.Market.AskSuspension(ctx, ren, made.ID, market.SuspensionDraft{Member: yumi.PersonID, Reason: "Threats."}); !errors.Is(err, market.ErrUnknownMember) {
		t.Errorf("somebody whom it is not about, by their own id: %v", err)
	}
}

func TestAnAnonymousReportLeadsBackToNobody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	traces := func() map[string]int {
		found := map[string]int{}
		var tables []string
		w.Check(w.DB.Gorm(ctx).Raw("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").Scan(&tables).Error)
		for _, name := range tables {
			found[name] = w.Count("SELECT count(*) FROM "+name+" x WHERE x::text LIKE ?", "%"+yumi.PersonID.String()+"%")
		}
		return found
	}
	jobs := func() int { return w.Count("SELECT count(*) FROM river_job") }
	before, waiting := traces(), jobs()
	made := reported(w, yumi.Actor, aoi, anonymously)
	for name, n := range traces() {
		if n != before[name] {
			t.Errorf("%s tells of her", name)
		}
	}
	if made.ID != uuid.Nil || len(strings.ReplaceAll(made.Code, "-", "")) != 25 || jobs() != waiting || w.Count("SELECT count(*) FROM audit WHERE action LIKE 'report%'") != 0 {
		t.Errorf("%+v", made)
	}
	if id := only(w); id.Version() != 4 {
		t.Errorf("its id tells when it came: version %d", id.Version())
	}
	if list, err := w.Market.MyReports(ctx, yumi.Actor); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	id := only(w)
	w.Check(w.Market.TakeReport(ctx, aoi.Administrator, id, 1, market.DeskStep{Do: market.AnswerReport, Text: "We talk with him."}))
	w.Check(w.Market.TakeReport(ctx, aoi.Administrator, id, 2, market.DeskStep{Do: market.NoteReport, Text: "He did it before."}))
	typed := strings.ToLower(strings.NewReplacer("0", "o", "1", "l", "-", " ").Replace(made.Code))
	v, err := w.Market.ReportByCode(ctx, typed)
	if err != nil || len(v.Entries) != 2 || v.Entries[1].Text != "We talk with him." || v.Entries[1].Author != "" || v.OnDesk {
		t.Errorf("by the code: %+v, %v", v, err)
	}
	v, err = w.Market.AddByCode(ctx, made.Code, "Thank you.\x00\xff")
	if err != nil || v.State != market.ReportLooking || v.Entries[2].Text != "Thank you." {
		t.Errorf("%+v, %v", v, err)
	}
	for _, wrong := range []string{"", "x", made.Code[:28], "\x00\xff", strings.Repeat("9", 25)} {
		if _, err := w.Market.ReportByCode(ctx, wrong); !errors.Is(err, market.ErrReportCode) {
			t.Errorf("%q opens it: %v", wrong, err)
		}
	}
	full, err := w.Market.Report(ctx, aoi.Administrator, id)
	if err != nil || !full.OnDesk || full.Reporter != "" || len(full.Entries) != 4 || len(full.Looks) < 3 {
		t.Errorf("the desk sees %+v, %v", full, err)
	}
}

func TestANamedReporterReadsWhatIsForThem(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	id := reported(w, yumi.Actor, aoi).ID
	admin := aoi.Administrator
	w.Check(w.Market.TakeReport(ctx, admin, id, 1, market.DeskStep{Do: market.LookIntoReport}))
	for name, c := range map[string]struct{ err, want error }{
		"an old version":   {w.Market.TakeReport(ctx, admin, id, 1, market.DeskStep{Do: market.AnswerReport, Text: "x"}), market.ErrStaleVersion},
		"without a text":   {w.Market.TakeReport(ctx, admin, id, 2, market.DeskStep{Do: market.AnswerReport}), market.ErrRequired},
		"no such step":     {w.Market.TakeReport(ctx, admin, id, 2, market.DeskStep{Do: "burn", Text: "x"}), market.ErrReportState},
		"the reporter's":   {w.Market.TakeReport(ctx, admin, id, 2, market.DeskStep{Do: market.AddToReport, Text: "x"}), market.ErrReportState},
		"without an end":   {w.Market.TakeReport(ctx, admin, id, 2, market.DeskStep{Do: market.CloseReport, Text: "x"}), market.ErrNotOneOf},
		"by no officer":    {w.Market.TakeReport(ctx, aoi.Office, id, 2, market.DeskStep{Do: market.AnswerReport, Text: "x"}), market.ErrNotFound},
		"by the reporter":  {w.Market.TakeReport(ctx, yumi.Actor, id, 2, market.DeskStep{Do: market.AnswerReport, Text: "x"}), market.ErrNotFound},
		"added by another": {w.Market.AddToReport(ctx, ken.Actor, id, "x"), market.ErrNotFound},
		"added empty":      {w.Market.AddToReport(ctx, yumi.Actor, id, " \x00"), market.ErrRequired},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	w.Check(w.Market.TakeReport(ctx, admin, id, 2, market.DeskStep{Do: market.NoteReport, Text: "Secret thought"}))
	w.Check(w.Market.TakeReport(ctx, admin, id, 3, market.DeskStep{Do: market.CloseReport, Text: "We spoke with him.", Outcome: "confirmed"}))
	v, err := w.Market.Report(ctx, yumi.Actor, id)
	if err != nil || v.OnDesk || len(v.Entries) != 2 || v.State != market.ReportClosed || v.Looks != nil || v.About != nil {
		t.Errorf("%+v, %v", v, err)
	}
	var letters int
	for _, l := range lettersOf(t, w, market.LetterReport) {
		if l.PersonID == yumi.PersonID {
			letters++
		}
	}
	if letters != 1 {
		t.Errorf("%d letters for one answer", letters)
	}
	file, err := w.Market.MyData(ctx, yumi.Actor)
	w.Check(err)
	said := unzipped(t, file)["report_entries.csv"]
	if !strings.Contains(said, "We spoke with him.") || strings.Contains(said, "Secret thought") {
		t.Errorf("her own data: %s", said)
	}
	w.Check(w.Market.AddToReport(ctx, yumi.Actor, id, "It goes on."))
	if v, err := w.Market.Report(ctx, yumi.Actor, id); err != nil || v.State != market.ReportLooking || v.ClosedAt != nil {
		t.Errorf("what is added opens it again: %+v, %v", v, err)
	}
}

func TestTheDeskIsToldWithinTheHourAndRemindedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	reported(w, yumi.Actor, aoi, anonymously, func(d *market.ReportDraft) { d.Text = "Marmalade" })
	told := func() (what []string) {
		for _, l := range lettersOf(t, w, market.LetterReport) {
			what = append(what, l.Facts["what"].(string))
			if l.PersonID != aoi.Administrator.PersonID {
				t.Errorf("a letter to %s", l.PersonID)
			}
		}
		return what
	}
	days := 0
	for _, step := range []struct {
		day  int
		want []string
	}{{0, []string{"new"}}, {2, []string{"new"}}, {3, []string{"new", "waits"}}, {4, []string{"new", "waits"}}, {25, []string{"new", "waits", "waits"}}, {31, []string{"new", "waits", "waits", "waits"}}, {40, []string{"new", "waits", "waits", "waits"}}} {
		w.Clock.Advance(time.Duration(step.day-days) * 24 * time.Hour)
		days = step.day
		for range 2 {
			_, err := w.Market.TellDesk(ctx)
			w.Check(err)
		}
		if got := told(); !slices.Equal(got, step.want) {
			t.Errorf("on day %d: %v", step.day, got)
		}
	}
	if n := w.Count("SELECT count(*) FROM river_job WHERE args::text LIKE '%Marmalade%'"); n != 0 {
		t.Errorf("%d letters say what was reported", n)
	}
}

func TestASuspensionTakesTwoAndSparesContracts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	kai, ren := officer(w, aoi, "kai"), officer(w, aoi, "ren")
	bid := w.Bid(ken, aoi.Task("Close the books", 300_000), 280_000)
	made := reported(w, yumi.Actor, aoi, func(d *market.ReportDraft) { d.Subject = "member:" + ken.MembershipID.String() })
	until := w.Today().AddDays(10)
	d, err := w.Market.AskSuspension(ctx, kai, made.ID, market.SuspensionDraft{Member: ken.MembershipID, UntilOn: &until, Reason: "Threats."})
	w.Check(err)
	hidden := func() bool {
		list, err := w.Market.People(ctx, aoi.Manager, market.PeopleFilter{CompanyID: aoi.ID})
		w.Check(err)
		tasks, err := w.Market.Tasks(ctx, ken.Actor, market.TaskFilter{})
		w.Check(err)
		if !slices.ContainsFunc(tasks, func(k market.Task) bool { return k.ID == bid.TaskID }) {
			t.Error("the task of his bid is gone")
		}
		return !slices.ContainsFunc(list, func(m market.Member) bool { return m.ID == ken.MembershipID })
	}
	if hidden() {
		t.Error("asking alone suspends")
	}
	for name, c := range map[string]struct{ err, want error }{
		"the asker":    {w.Market.DecideSuspension(ctx, kai, d.ID, true), market.ErrOwnSuspension},
		"the office":   {w.Market.DecideSuspension(ctx, aoi.Office, d.ID, true), market.ErrNotFound},
		"the reported": {w.Market.DecideSuspension(ctx, ken.Actor, d.ID, true), market.ErrNotFound},
		"nothing":      {w.Market.DecideSuspension(ctx, kai, uuid.New(), true), market.ErrNotFound},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	w.Check(w.Market.DecideSuspension(ctx, ren, d.ID, true))
	if !hidden() {
		t.Error("he is shown")
	}
	if b, err := w.Market.Bid(ctx, ken.Actor, bid.ID); err != nil || b.State != market.Open {
		t.Errorf("his bid: %+v, %v", b, err)
	}
	var bars []uuid.UUID
	w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM bars WHERE kind = 'suspended'").Scan(&bars).Error)
	if err := w.Market.Lift(ctx, aoi.Office, bars[0]); !errors.Is(err, market.ErrBySuspension) {
		t.Errorf("the office lifts it alone: %v", err)
	}
	if err := w.Market.Lift(ctx, ken.Actor, bars[0]); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("he lifts it himself: %v", err)
	}
	if letters := lettersOf(t, w, market.LetterSuspension); len(letters) != 1 || letters[0].PersonID != ken.PersonID || letters[0].Facts["reason"] != "Threats." {
		t.Errorf("%+v", letters)
	}
	w.Clock.Advance(11 * 24 * time.Hour)
	if n, err := w.Market.EndSuspensions(ctx); err != nil || n != 1 || hidden() {
		t.Errorf("%d ended, %v", n, err)
	}
	again, err := w.Market.AskSuspension(ctx, kai, made.ID, market.SuspensionDraft{Member: ken.MembershipID, Reason: "Again."})
	w.Check(err)
	w.Check(w.Market.DecideSuspension(ctx, ren, again.ID, true))
	w.Check(w.Market.LiftSuspension(ctx, kai, again.ID))
	if hidden() {
		t.Error("it was lifted, and he is hidden")
	}
}

func TestClosedReportsForgetWhoTheyWereAbout(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	id := reported(w, yumi.Actor, aoi).ID
	w.Check(w.Market.KeepReports(ctx, aoi.Administrator, aoi.ID, 1))
	w.Check(w.Market.TakeReport(ctx, aoi.Administrator, id, 1, market.DeskStep{Do: market.CloseReport, Text: "Nothing found.", Outcome: "not_confirmed"}))
	for _, step := range []struct{ days, forgotten int }{{364, 0}, {2, 1}, {1, 0}} {
		w.Clock.Advance(time.Duration(step.days) * 24 * time.Hour)
		if n, err := w.Market.ForgetReports(ctx); err != nil || n != step.forgotten {
			t.Errorf("after %d days more: %d, %v", step.days, n, err)
		}
	}
	if _, err := w.Market.Report(ctx, yumi.Actor, id); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("she still sees it: %v", err)
	}
	if n := w.Count("SELECT (SELECT count(*) FROM report_entries) + (SELECT count(*) FROM report_looks) + (SELECT count(*) FROM report_people)"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	if w.Count("SELECT count(*) FROM reports WHERE category = 'harassment' AND outcome = 'not_confirmed'") != 1 {
		t.Error("nothing is left to be counted")
	}
	for _, years := range []int{0, 11} {
		if err := w.Market.KeepReports(ctx, aoi.Administrator, aoi.ID, years); !errors.Is(err, market.ErrBetween) {
			t.Errorf("%d years: %v", years, err)
		}
	}
}

func TestAReportNeverStandsStill(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state := rapid.SampledFrom([]market.ReportState{market.ReportReceived, market.ReportLooking, market.ReportAnswered, market.ReportMeasures, market.ReportClosed}).Draw(t, "state")
		steps := state.DeskSteps()
		if (len(steps) == 0) != (state == market.ReportClosed) || state != market.ReportClosed && !slices.Contains(steps, market.CloseReport) {
			t.Fatalf("from %s the desk can %v", state, steps)
		}
		r := market.Report{ReceivedOn: civil.Date{Year: 2026, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 800).Draw(t, "day"))}
		if r.AcknowledgeBy().DaysSince(r.ReceivedOn) != 3 || r.AnswerBy().DaysSince(r.ReceivedOn) != 30 {
			t.Fatalf("%v: %v, %v", r.ReceivedOn, r.AcknowledgeBy(), r.AnswerBy())
		}
	})
}
