package matching_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river/rivertype"

	"homecoming/internal/mail"
	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

// A post is a world with alerts, whose mails are kept.
type post struct {
	*markettest.World
	s      *matching.Service
	alerts *matching.Alerts
	mails  []mail.Message
	refuse error // what the mail server says to the next mail
	after  error // what happens after it took it
}

func newPost(t *testing.T) *post {
	t.Helper()
	t.Parallel()
	p := &post{World: markettest.New(t)}
	p.Skill("bookkeeping", "Bookkeeping", "簿記")
	p.Skill("audit", "Internal audit", "内部監査")
	p.s = matching.New(p.DB, p.Clock, postgres.New(p.DB))
	p.alerts = matching.NewAlerts(p.s, p.Market, p, "https://home.test")
	return p
}

func (p *post) Send(_ context.Context, m mail.Message) error {
	if p.refuse != nil {
		return p.refuse
	}
	p.mails = append(p.mails, m)
	return p.after
}

func (p *post) save(who market.Actor, d matching.SearchDraft) matching.SavedSearch {
	p.Helper()
	saved, err := p.s.SaveSearch(context.Background(), who, d)
	p.Check(err)
	return saved
}

// notice lets changes arrive and searches look.
func (p *post) notice() {
	p.Helper()
	_, err := p.s.DrainTexts(context.Background())
	p.Check(err)
	_, err = p.alerts.Look(context.Background())
	p.Check(err)
}

// deliver sends the letters that wait.
func (p *post) deliver() error {
	p.Helper()
	var letters []uuid.UUID
	p.Check(p.DB.Gorm(context.Background()).Raw("SELECT (args->>'letter')::uuid FROM river_job WHERE kind = 'matching_saved_letter' ORDER BY id").Scan(&letters).Error)
	var errs []error
	for _, l := range letters {
		errs = append(errs, p.alerts.Send(context.Background(), l))
	}
	return errors.Join(errs...)
}

// told notices, delivers and gives the mails that came since.
func (p *post) told() []mail.Message {
	p.Helper()
	before := len(p.mails)
	p.notice()
	p.Check(p.deliver())
	return p.mails[before:]
}

func wants(skills ...string) func(*market.TaskDraft) {
	return func(d *market.TaskDraft) {
		d.Skills = nil
		for _, s := range skills {
			d.Skills = append(d.Skills, market.WantedSkill{Skill: s})
		}
	}
}

func TestLettersOfASearchWaitForQuietHoursToEnd(t *testing.T) {
	p := newPost(t)
	aoi := p.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Text: "books", Rhythm: matching.Instant})
	from, zone := p.Clock.Now().UTC().Hour(), "UTC"
	to := (from + 2) % 24
	_, err := p.Market.SetHearing(context.Background(), yumi.Actor, market.HearingEdit{Zone: &zone, QuietFrom: &from, QuietTo: &to})
	p.Check(err)
	aoi.Task("Close the books for June", 300_000)
	p.notice()
	var snoozed *rivertype.JobSnoozeError
	if err := p.deliver(); !errors.As(err, &snoozed) || len(p.mails) != 0 {
		t.Fatalf("%v, %+v", err, p.mails)
	}
	p.Clock.Advance(snoozed.Duration)
	if p.Check(p.deliver()); len(p.mails) != 1 {
		t.Errorf("%d letters when quiet hours are over", len(p.mails))
	}
}

func TestNewWorkIsToldOnceToThoseWhoAskedForIt(t *testing.T) {
	p := newPost(t)
	aoi, ben := p.Company("Aoi"), p.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	aoi.Task("Close the books for May", 500_000)
	least := int64(200_000)
	saved := p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Text: "books", Skills: []string{"bookkeeping"}, BudgetFrom: &least, Rhythm: matching.Instant})
	if got := p.told(); len(got) != 0 {
		t.Fatalf("what was there when the search was saved is told: %+v", got)
	}
	aoi.Task("Close the books, small", 100_000)
	aoi.Task("Audit the books", 300_000, wants("audit"))
	aoi.Draft("Close the books, secretly", 300_000)
	ben.Task("Close the books of Ben", 300_000)
	aoi.Task("Something else", 300_000)
	task := aoi.Task("Close the books for June", 300_000)
	got := p.told()
	if len(got) != 1 || got[0].To != yumi.Email || got[0].Subject != "1 new for “books · bookkeeping”" || !strings.Contains(got[0].Text, "\nClose the books for June\nAoi · up to ¥300,000 · due 2026-12-23\nhttps://home.test/tasks/"+task.ID.String()+"\n") {
		t.Fatalf("%+v", got)
	}
	if want := "https://home.test/unsubscribe/" + saved.StopKey.String(); got[0].Stop != want || !strings.Contains(got[0].Text, "\n"+want+"\n") {
		t.Errorf("it is stopped at %q", got[0].Stop)
	}
	p.Exec("UPDATE tasks SET brief = 'changed' WHERE id = ?", task.ID)
	p.Clock.Set(p.Clock.Now().Add(2 * time.Hour))
	if got := p.told(); len(got) != 0 {
		t.Fatalf("it is told twice: %+v", got)
	}
	p.Exec("UPDATE tasks SET budget = 250000 WHERE title = 'Close the books, small'")
	if got := p.told(); len(got) != 1 || !strings.Contains(got[0].Text, "Close the books, small") {
		t.Fatalf("what fits by a change is not told: %+v", got)
	}
}

func TestALetterSaysOnlyWhatItsReaderMaySeeWhenItIsSent(t *testing.T) {
	p := newPost(t)
	aoi := p.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Rhythm: matching.Instant, Name: "All"})
	secret, open := aoi.Task("Secret", 100_000), aoi.Task("Open", 100_000)
	p.refuse = errors.New("the server is away")
	p.notice()
	if err := p.deliver(); !errors.Is(err, p.refuse) {
		t.Fatal(err)
	}
	p.Exec("UPDATE tasks SET visibility = '{\"kind\": \"named\", \"membership_ids\": []}' WHERE id = ?", secret.ID)
	p.refuse = nil
	if got := p.told(); len(got) != 1 || strings.Contains(got[0].Text, "Secret") || !strings.Contains(got[0].Text, open.Title) || !strings.HasPrefix(got[0].Subject, "1 new") {
		t.Fatalf("%+v", got)
	}
	p.Exec("UPDATE tasks SET visibility = '{\"kind\": \"own_alumni\"}' WHERE id = ?", secret.ID)
	if got := p.told(); len(got) != 1 || !strings.Contains(got[0].Text, "Secret") {
		t.Fatalf("what became visible after all is not told: %+v", got)
	}
	gone := aoi.Task("Gone", 100_000)
	p.notice()
	p.Exec("UPDATE tasks SET state = 'canceled' WHERE id = ?", gone.ID)
	before := len(p.mails)
	p.Check(p.deliver())
	if len(p.mails) != before {
		t.Fatalf("a letter about nothing: %+v", p.mails[before:])
	}
}

func TestAManagerHearsOfPeopleWhoNewlyFit(t *testing.T) {
	p := newPost(t)
	aoi, ben := p.Company("Aoi"), p.Company("Ben")
	old := aoi.Alumnus("Old Daniel")
	aoi.Attests(old, "audit", 3)
	ceiling := int64(6000)
	_, err := p.Market.UpdateProfile(context.Background(), old.Actor, market.ProfileEdit{HourlyRate: &market.Money{Amount: 5000, Currency: "JPY"}})
	p.Check(err)
	p.save(aoi.Manager, matching.SearchDraft{Kind: matching.ForTalent, CompanyID: aoi.ID, Name: "Auditors", Skills: []string{"audit"}, Departments: []string{"Accounting"}, MaxRate: &ceiling, Rhythm: matching.Instant})
	p.Exec("UPDATE people SET language = 'ja' WHERE id = ?", aoi.Manager.PersonID)
	for _, at := range []*markettest.Company{aoi, ben} {
		yumi := at.Alumnus("Takahashi Yumi")
		at.Attests(yumi, "audit", 2)
	}
	if got := p.told(); len(got) != 0 {
		t.Fatalf("somebody without a rate is told: %+v", got)
	}
	yumi := p.Actor(p.person("yumi.takahashi@alumni.test"))
	_, err = p.Market.UpdateProfile(context.Background(), yumi, market.ProfileEdit{HourlyRate: &market.Money{Amount: 5500, Currency: "JPY"}})
	p.Check(err)
	got := p.told()
	if len(got) != 1 || got[0].To != aoi.Manager.Email || got[0].Language != "ja" || !strings.HasPrefix(got[0].Subject, "「Auditors」に該当する方が新たに1名") ||
		!strings.Contains(got[0].Text, "\nYumi Takahashi\nAccounting · 内部監査\nhttps://home.test/people/") || strings.Contains(got[0].Text, "Daniel") {
		t.Fatalf("%+v", got)
	}
	hidden := aoi.Alumnus("Shy Ken")
	aoi.Attests(hidden, "audit", 2)
	_, err = p.Market.UpdateProfile(context.Background(), hidden.Actor, market.ProfileEdit{HourlyRate: &market.Money{Amount: 5500, Currency: "JPY"}})
	p.Check(err)
	p.Check(p.Market.Hide(context.Background(), hidden.Actor, hidden.MembershipID, true))
	staff := aoi.Alumnus("Staff Ren", markettest.Worked("Accounting", "2020-01-01", ""))
	aoi.Attests(staff, "audit", 2)
	p.Exec("UPDATE people SET hourly_rate = 100 WHERE id = ?", staff.PersonID)
	if got := p.told(); len(got) != 0 {
		t.Fatalf("somebody hidden or employed is told: %+v", got)
	}
	p.Exec("DELETE FROM role_grants WHERE person_id = ?", aoi.Manager.PersonID)
	p.Check(p.Market.Hide(context.Background(), hidden.Actor, hidden.MembershipID, false))
	if got := p.told(); len(got) != 0 {
		t.Fatalf("who is no manager any more is told: %+v", got)
	}
}

func (p *post) person(email string) (id uuid.UUID) {
	p.Helper()
	var ids []uuid.UUID
	p.Check(p.DB.Gorm(context.Background()).Raw("SELECT id FROM people WHERE email = ?", email).Scan(&ids).Error)
	return ids[0]
}

func TestDigestsLeaveInTheMorningOfTheirPlace(t *testing.T) {
	p := newPost(t) // Monday, 9:30 in Tokyo
	aoi := p.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Name: "daily"})
	p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Name: "weekly", Rhythm: matching.Weekly})
	zone := "America/New_York"
	_, err := p.Market.UpdateCompany(context.Background(), aoi.Administrator, aoi.ID, market.CompanyEdit{TimeZone: &zone})
	p.Check(err)
	p.save(aoi.Manager, matching.SearchDraft{Kind: matching.ForTalent, CompanyID: aoi.ID, Name: "in New York"})
	aoi.Task("One", 100_000)
	aoi.Alumnus("Sato Ken")
	for _, step := range []struct{ at, want string }{
		{"2026-11-23T12:59:59Z", ""}, {"2026-11-23T13:00:00Z", "in New York"}, {"2026-11-23T22:59:59Z", ""}, {"2026-11-23T23:00:00Z", "daily"},
		{"2026-11-24T23:30:00Z", ""}, {"2026-11-29T22:59:59Z", ""}, {"2026-11-29T23:00:00Z", "weekly"}, {"2026-12-07T00:00:00Z", ""},
	} {
		at, err := time.Parse(time.RFC3339, step.at)
		p.Check(err)
		p.Clock.Set(at)
		got := p.told()
		if step.want == "" && len(got) > 0 || step.want != "" && (len(got) != 1 || !strings.Contains(got[0].Subject, step.want)) {
			t.Fatalf("at %s: %+v, want %q", step.at, got, step.want)
		}
	}
}

func TestALookThatIsRepeatedOrSharedTellsOnce(t *testing.T) {
	p := newPost(t)
	aoi := p.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Rhythm: matching.Instant})
	aoi.Task("One", 100_000)
	_, err := p.s.DrainTexts(context.Background())
	p.Check(err)
	look := func() error { _, err := p.alerts.Look(context.Background()); return err }
	p.Check(errors.Join(p.Together(look, look, look, look)...))
	if n := p.Count("SELECT count(*) FROM river_job WHERE kind = 'matching_saved_letter'"); n != 1 {
		t.Fatalf("%d letters", n)
	}
	p.after = errors.New("the worker dies after the server took the mail")
	if err := p.deliver(); !errors.Is(err, p.after) {
		t.Fatal(err)
	}
	p.after = nil
	p.Check(p.deliver())
	if len(p.mails) != 2 || p.mails[0].ID != p.mails[1].ID || p.mails[0].Text != p.mails[1].Text {
		t.Fatalf("the second try is another mail: %+v", p.mails)
	}
	p.Check(p.deliver())
	if len(p.mails) != 2 {
		t.Fatal("a letter that was sent is sent again")
	}
}

func TestALinkStopsItsSearchAndNothingElse(t *testing.T) {
	p := newPost(t)
	ctx := context.Background()
	aoi := p.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	one, two := p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Rhythm: matching.Instant}), p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Rhythm: matching.Instant, Name: "two"})
	if look, err := p.s.SearchToStop(ctx, one.StopKey); err != nil || look.PausedAt != nil {
		t.Fatalf("looking stops: %+v %v", look, err)
	}
	for range 2 {
		if stopped, err := p.s.StopSearch(ctx, one.StopKey); err != nil || stopped.PausedAt == nil || stopped.PersonID != uuid.Nil || stopped.Text != "" {
			t.Fatalf("%+v %v", stopped, err)
		}
	}
	aoi.Task("One", 100_000)
	if got := p.told(); len(got) != 1 || got[0].Stop != "https://home.test/unsubscribe/"+two.StopKey.String() {
		t.Fatalf("%+v", got)
	}
	if _, err := p.s.StopSearch(ctx, uuid.New()); !errors.Is(err, market.ErrNotFound) {
		t.Fatal(err)
	}
	_, err := p.s.PauseSearch(ctx, yumi.Actor, one.ID, false)
	p.Check(err)
	p.Clock.Set(p.Clock.Now().Add(2 * time.Hour))
	if got := p.told(); len(got) != 1 || !strings.Contains(got[0].Text, "One") {
		t.Fatalf("what came meanwhile is lost: %+v", got)
	}
}

func TestASearchBelongsToItsOwner(t *testing.T) {
	p := newPost(t)
	ctx := context.Background()
	aoi := p.Company("Aoi")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	saved := p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork})
	_, read := p.s.SavedSearch(ctx, ken.Actor, saved.ID)
	_, edit := p.s.EditSearch(ctx, ken.Actor, saved.ID, 1, matching.SearchDraft{})
	_, pause := p.s.PauseSearch(ctx, ken.Actor, saved.ID, true)
	for what, err := range map[string]error{"reads": read, "edits": edit, "pauses": pause, "deletes": p.s.DeleteSearch(ctx, ken.Actor, saved.ID)} {
		if !errors.Is(err, market.ErrNotFound) {
			t.Errorf("somebody else %s it: %v", what, err)
		}
	}
	if _, err := p.s.EditSearch(ctx, yumi.Actor, saved.ID, 7, matching.SearchDraft{}); !errors.Is(err, market.ErrStaleVersion) {
		t.Errorf("a stale edit: %v", err)
	}
	if edited, err := p.s.EditSearch(ctx, yumi.Actor, saved.ID, 1, matching.SearchDraft{Text: "tax", Rhythm: matching.Weekly}); err != nil || edited.Version != 2 || edited.Name != "tax" {
		t.Errorf("%+v %v", edited, err)
	}
	_, talent := p.s.SaveSearch(ctx, yumi.Actor, matching.SearchDraft{Kind: matching.ForTalent, CompanyID: aoi.ID})
	_, work := p.s.SaveSearch(ctx, aoi.Manager, matching.SearchDraft{Kind: matching.ForWork})
	_, elsewhere := p.s.SaveSearch(ctx, aoi.Manager, matching.SearchDraft{Kind: matching.ForTalent, CompanyID: uuid.New()})
	if !errors.Is(talent, market.ErrForbidden) || !errors.Is(work, market.ErrForbidden) || !errors.Is(elsewhere, market.ErrNotFound) {
		t.Errorf("%v, %v, %v", talent, work, elsewhere)
	}
	for range 19 {
		p.save(yumi.Actor, matching.SearchDraft{Kind: matching.ForWork})
	}
	if _, err := p.s.SaveSearch(ctx, yumi.Actor, matching.SearchDraft{Kind: matching.ForWork}); !errors.Is(err, matching.ErrTooManySearches) {
		t.Errorf("a 21st: %v", err)
	}
	p.Check(p.s.DeleteSearch(ctx, yumi.Actor, saved.ID))
}

func TestRecommendedWorkGoesOnWhereItEnded(t *testing.T) {
	p := newPost(t)
	ctx := context.Background()
	aoi, ben := p.Company("Aoi"), p.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Accounting", "2012-04-01", "2024-03-31"))
	ben.Alumnus("Takahashi Yumi", markettest.Worked("Sales", "2008-04-01", "2011-03-31"))
	aoi.Attests(yumi, "audit", 3)
	for i, c := range []*markettest.Company{aoi, ben, aoi, ben, aoi, ben, aoi} {
		c.Task("Task", int64(100_000*(i+1)), wants([][]string{{"audit"}, {"bookkeeping"}, {"audit", "bookkeeping"}}[i%3]...))
	}
	who := p.Actor(yumi.PersonID)
	all, err := p.s.Recommended(ctx, who, 100)
	p.Check(err)
	var paged []matching.Offer
	for place := (matching.FeedPlace{}); ; {
		page, err := p.s.RecommendedAfter(ctx, who, place, 2)
		p.Check(err)
		if paged = append(paged, page...); len(page) < 2 {
			break
		}
		var ok bool
		if place, ok = matching.ParseFeedPlace(page[1].Place().String()); !ok {
			t.Fatalf("%s cannot be read back", page[1].Place())
		}
	}
	if len(all) != 7 || len(paged) != len(all) {
		t.Fatalf("%d in pages, %d at once", len(paged), len(all))
	}
	for i, o := range all {
		if paged[i].Task.ID != o.Task.ID || paged[i].Task.Title != "Task" || len(paged[i].Task.Skills) == 0 || i > 0 && o.Score > all[i-1].Score {
			t.Fatalf("place %d is %+v in pages and %+v at once", i, paged[i].Place(), o.Place())
		}
		own, err := p.s.ScoreFor(ctx, who, o.Task.ID)
		if err != nil || own.Score != o.Score || own.Parts != o.Parts {
			t.Fatalf("%+v by itself, %+v in the list (%v)", own.Standing, o.Standing, err)
		}
	}
	for _, bad := range []string{"", "1-2", "a-b-c", "1-2-3", "99999999999-1-" + uuid.NewString()} {
		if _, ok := matching.ParseFeedPlace(bad); ok {
			t.Errorf("%q is a place", bad)
		}
	}
}
