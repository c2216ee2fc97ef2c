package market_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

// programme is one of a company's, with two stages and a list of two points.
func programme(w *markettest.World, c *markettest.Company, change ...func(*market.ProgrammeDraft)) market.ReferralProgramme {
	w.Helper()
	d := market.ProgrammeDraft{Name: "融資のご紹介", NameEN: "Borrowers", Stages: []market.ReferralStage{{Name: "連絡", NameEN: "contacted"}, {Name: "提案", NameEN: "proposal"}},
		Checklist: []market.ChecklistItem{{Text: "決算書3期分", TextEN: "three annual accounts", Required: true}, {Text: "事業計画"}},
		Terms:     market.ReferralTerms{Fee: market.FixedFee, Amount: 50_000, HoldMonths: 6}}
	for _, change := range change {
		change(&d)
	}
	p, err := w.Market.CreateProgramme(context.Background(), c.Office, c.ID, d)
	w.Check(err)
	return p
}

// customer is an introduction of somebody at an organisation.
func customer(p market.ReferralProgramme, organisation, email string, change ...func(*market.ReferralDraft)) market.ReferralDraft {
	d := market.ReferralDraft{ProgrammeID: p.ID, Organisation: organisation, ContactName: "Mori Kenji", ContactEmail: email, ContactLanguage: "en", Why: "Their second plant needs a loan, says Kenji.", Ready: []int{0}}
	for _, change := range change {
		change(&d)
	}
	return d
}

var consentLink = regexp.MustCompile(`https://home\.test/introductions/([A-Za-z0-9_-]+)`)

// asks introduces and gives what the customer's link carries.
func asks(w *markettest.World, who market.Actor, d market.ReferralDraft) (market.Referral, string) {
	w.Helper()
	r, err := w.Market.Introduce(context.Background(), who, d)
	w.Check(err)
	var box kept
	w.Check(w.Market.AskCustomer(context.Background(), &box, "https://home.test", r.ID))
	if len(box.mails) != 1 || box.mails[0].To != d.ContactEmail {
		w.Fatalf("%+v", box.mails)
	}
	return r, consentLink.FindStringSubmatch(box.mails[0].Text)[1]
}

// introduced is a referral whose customer said yes.
func introduced(w *markettest.World, who market.Actor, d market.ReferralDraft) (market.Referral, string) {
	w.Helper()
	_, link := asks(w, who, d)
	r, err := w.Market.AnswerIntroduction(context.Background(), link, true)
	w.Check(err)
	return r, link
}

// inDatabase lists the tables in which a text stands, whatever the column.
func inDatabase(w *markettest.World, text string) (tables []string) {
	w.Helper()
	var all []string
	w.Check(w.DB.Gorm(context.Background()).Raw("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1").Scan(&all).Error)
	for _, table := range all {
		if w.Count("SELECT count(*) FROM "+table+" x WHERE x::text LIKE ?", "%"+text+"%") > 0 {
			tables = append(tables, table)
		}
	}
	return tables
}

func referralNews(t *testing.T, w *markettest.World, person uuid.UUID) (list []string) {
	w.Helper()
	for _, l := range lettersOf(t, w, market.LetterReferral) {
		if l.PersonID == person {
			list = append(list, fmt.Sprint(l.Facts["news"]))
		}
	}
	return list
}

func TestACompanyLearnsOfACustomerByTheirYesAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi, emi := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Emi")
	r, link := asks(w, yumi.Actor, customer(programme(w, aoi), "青葉商事", "mori@aoba.example"))
	for name, who := range map[string]market.Actor{"the office": aoi.Office, "a manager": aoi.Manager, "another alumna": emi.Actor, "another company": ben.Office} {
		if _, err := w.Market.ReferralOf(ctx, who, r.ID); !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%s sees it before the yes: %v", name, err)
		}
	}
	if n, err := w.Market.PendingReferrals(ctx, aoi.Office, aoi.ID); err != nil || n != 1 {
		t.Errorf("%d wait, %v", n, err)
	}
	for range 2 { // looking answers nothing
		look, err := w.Market.LookAtIntroduction(ctx, link)
		if err != nil || look.Referrer != yumi.Name || look.Referral.Why == "" || look.Company.Name != "Aoi" || look.Programme.Terms.Amount != 50_000 {
			t.Fatalf("%+v %v", look, err)
		}
	}
	_, err := w.Market.AnswerIntroduction(ctx, link, true)
	w.Check(err)
	_, err = w.Market.AnswerIntroduction(ctx, link, true)
	if !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("a second yes: %v", err)
	}
	seen, err := w.Market.ReferralOf(ctx, aoi.Manager, r.ID)
	if err != nil || seen.ContactEmail != "mori@aoba.example" || seen.Stage != "連絡" || seen.HoldsUntil.String() != "2027-05-23" {
		t.Errorf("%+v %v", seen, err)
	}
	for name, who := range map[string]market.Actor{"another alumna": emi.Actor, "another company": ben.Office, "finance": aoi.Finance} {
		if _, err := w.Market.ReferralOf(ctx, who, r.ID); !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%s sees it: %v", name, err)
		}
		if list, err := w.Market.Referrals(ctx, who, market.ReferralFilter{CompanyID: aoi.ID}); err != nil || len(list) != 0 {
			t.Errorf("%s lists %d, %v", name, len(list), err)
		}
	}
	if got := referralNews(t, w, yumi.PersonID); !slices.Equal(got, []string{"agree"}) {
		t.Errorf("she hears %v", got)
	}
	if got := referralNews(t, w, aoi.Office.PersonID); !slices.Equal(got, []string{"new"}) {
		t.Errorf("the office hears %v", got)
	}
}

func TestTheDeskNotesWhatOfTheChecklistIsThereAndTheReferrerHearsWhatIsMissing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	r, link := asks(w, yumi.Actor, customer(programme(w, aoi), "青葉商事", "mori@aoba.example"))
	if _, err := w.Market.ReadyReferral(ctx, aoi.Manager, r.ID, []int{0, 1}, market.ReferralMove{}); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("before the customer's yes: %v", err)
	}
	_, err := w.Market.AnswerIntroduction(ctx, link, true)
	w.Check(err)
	if _, err := w.Market.ReadyReferral(ctx, yumi.Actor, r.ID, []int{0, 1}, market.ReferralMove{}); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("by the referrer: %v", err)
	}
	if _, err := w.Market.ReadyReferral(ctx, aoi.Manager, r.ID, []int{2}, market.ReferralMove{}); !errors.Is(err, market.ErrBetween) {
		t.Errorf("a point that is none: %v", err)
	}
	for _, ready := range [][]int{{1}, {0, 1}} {
		_, err = w.Market.ReadyReferral(ctx, aoi.Manager, r.ID, ready, market.ReferralMove{})
		w.Check(err)
		for i, a := range mustSee(w, yumi.Actor, r.ID).Answers {
			if a.Ready != slices.Contains(ready, i) {
				t.Errorf("%v are ready, and she sees %+v", ready, a)
			}
		}
	}
	var missing []string
	for _, l := range lettersOf(t, w, market.LetterReferral) {
		if l.Facts["news"] == "ready" && l.PersonID == yumi.PersonID {
			missing = append(missing, fmt.Sprint(l.Facts["missing_en"]))
		}
	}
	if want := []string{"three annual accounts", "<nil>"}; !slices.Equal(missing, want) {
		t.Errorf("she hears that %q are missing, want %q", missing, want)
	}
}

func TestNothingOfAContactOutlivesTheirNoOrTheirSilence(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, end := range map[string]func(*markettest.World, *markettest.Company, market.Actor, market.Referral, string){
		"no": func(w *markettest.World, _ *markettest.Company, _ market.Actor, _ market.Referral, link string) {
			_, err := w.Market.AnswerIntroduction(ctx, link, false)
			w.Check(err)
		},
		"silence": func(w *markettest.World, _ *markettest.Company, _ market.Actor, _ market.Referral, link string) {
			w.Clock.Advance(14 * 24 * time.Hour)
			if _, err := w.Market.AnswerIntroduction(ctx, link, true); !errors.Is(err, market.ErrReferralState) {
				w.Errorf("a yes too late: %v", err)
			}
			w.Check(w.Market.TurnReferrals(ctx))
		},
		"a yes taken back": func(w *markettest.World, aoi *markettest.Company, _ market.Actor, r market.Referral, link string) {
			_, err := w.Market.AnswerIntroduction(ctx, link, true)
			w.Check(err)
			_, err = w.Market.MoveReferral(ctx, aoi.Manager, r.ID, market.ReferralMove{Stage: *mustSee(w, aoi.Manager, r.ID).StageID, Note: "Called Mori Kenji"})
			w.Check(err)
			_, err = w.Market.AnswerIntroduction(ctx, link, false)
			w.Check(err)
		},
		"withdrawn": func(w *markettest.World, _ *markettest.Company, who market.Actor, r market.Referral, _ string) {
			_, err := w.Market.WithdrawReferral(ctx, who, r.ID)
			w.Check(err)
		},
		"known": func(w *markettest.World, aoi *markettest.Company, _ market.Actor, r market.Referral, link string) {
			_, err := w.Market.AnswerIntroduction(ctx, link, true)
			w.Check(err)
			_, err = w.Market.KnowReferral(ctx, aoi.Office, r.ID, market.ReferralMove{Reason: "buys from us since 2019"})
			w.Check(err)
		},
		"lost, and the time is over": func(w *markettest.World, aoi *markettest.Company, _ market.Actor, r market.Referral, link string) {
			_, err := w.Market.AnswerIntroduction(ctx, link, true)
			w.Check(err)
			_, err = w.Market.LoseReferral(ctx, aoi.Office, r.ID, market.ReferralMove{Reason: "no budget"})
			w.Check(err)
			w.Clock.Advance(200 * 24 * time.Hour)
			w.Check(w.Market.TurnReferrals(ctx))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := markettest.New(t)
			aoi := w.Company("Aoi")
			yumi := aoi.Alumnus("Takahashi Yumi")
			r, link := asks(w, yumi.Actor, customer(programme(w, aoi), "青葉商事", "mori@aoba.example", func(d *market.ReferralDraft) {
				d.Relation, d.RelationNote = market.FamilyOf, "Kenji is a cousin"
			}))
			if before := inDatabase(w, "mori@aoba.example"); !slices.Equal(before, []string{"referrals"}) {
				t.Errorf("the address stands in %v", before)
			}
			end(w, aoi, yumi.Actor, r, link)
			for _, text := range []string{"mori@aoba.example", "aoba.example", "Mori", "second plant", "cousin", "Kenji"} {
				if left := inDatabase(w, text); len(left) > 0 {
					t.Errorf("%q is left in %v", text, left)
				}
			}
			if _, err := w.Market.LookAtIntroduction(ctx, link); !errors.Is(err, market.ErrLinkSpent) {
				t.Errorf("the link: %v", err)
			}
		})
	}
}

func mustSee(w *markettest.World, who market.Actor, id uuid.UUID) market.ReferralView {
	w.Helper()
	v, err := w.Market.ReferralOf(context.Background(), who, id)
	w.Check(err)
	return v
}

func TestOfTwoWhoIntroduceACustomerTheFirstYesCounts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	p := programme(w, aoi)
	yumi, emi, jun := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Emi"), aoi.Alumnus("Kato Jun")
	first, _ := asks(w, yumi.Actor, customer(p, "株式会社青葉商事", "mori@aoba.example"))
	if _, err := w.Market.Introduce(ctx, yumi.Actor, customer(p, "青葉商事（株）", "abe@aoba.example")); !errors.Is(err, market.ErrReferredAlready) {
		t.Errorf("twice by one: %v", err)
	}
	second, _ := introduced(w, emi.Actor, customer(p, "㈱青葉商事", "abe@aoba.example"))
	if v := mustSee(w, yumi.Actor, first.ID); v.State != market.ReferralTaken || v.ContactEmail != "" {
		t.Errorf("the other is %s of %q", v.State, v.ContactEmail)
	}
	if got := referralNews(t, w, yumi.PersonID); !slices.Equal(got, []string{"take"}) {
		t.Errorf("she hears %v", got)
	}
	for name, d := range map[string]market.ReferralDraft{"by its name": customer(p, "青葉商事", "x@other.example"), "by its domain": customer(p, "Aoba Trading", "y@aoba.example")} {
		_, err := w.Market.Introduce(ctx, jun.Actor, d)
		var told *problem.Error
		if !errors.Is(err, market.ErrCustomerHeld) || !errors.As(err, &told) {
			t.Fatalf("%s: %v", name, err)
		}
		if text := told.In(problem.English); strings.Contains(text, "Emi") || !strings.Contains(text, "2027-05-23") {
			t.Errorf("told: %s", text)
		}
	}
	_, err := w.Market.Introduce(ctx, jun.Actor, customer(p, "Gmail users", "z@gmail.com"))
	w.Check(err)
	_, err = w.Market.LoseReferral(ctx, aoi.Office, second.ID, market.ReferralMove{Reason: "later"})
	w.Check(err)
	if _, err := w.Market.Introduce(ctx, jun.Actor, customer(p, "青葉商事", "x@other.example")); !errors.Is(err, market.ErrCustomerHeld) {
		t.Errorf("a loss frees the customer: %v", err)
	}
	w.Clock.Advance(190 * 24 * time.Hour)
	_, err = w.Market.Introduce(ctx, jun.Actor, customer(p, "青葉商事", "x@other.example"))
	w.Check(err)
}

func TestTwoCustomersWhoSayYesAtOnceMakeOneHolder(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	p := programme(w, aoi)
	_, one := asks(w, aoi.Alumnus("Takahashi Yumi").Actor, customer(p, "Aoba Inc.", "mori@aoba.example"))
	_, two := asks(w, aoi.Alumnus("Sato Emi").Actor, customer(p, "Aoba, Ltd", "abe@gmail.com"))
	answers := w.Together(func() error { _, err := w.Market.AnswerIntroduction(ctx, one, true); return err },
		func() error { _, err := w.Market.AnswerIntroduction(ctx, two, true); return err })
	for _, err := range answers {
		if err != nil && !errors.Is(err, market.ErrLinkSpent) { // taken before it was answered
			t.Error(err)
		}
	}
	if held, taken := w.Count("SELECT count(*) FROM referrals WHERE holds AND state = 'agreed'"), w.Count("SELECT count(*) FROM referrals WHERE state = 'taken'"); held != 1 || taken != 1 {
		t.Errorf("%d hold the customer, %d were told", held, taken)
	}
}

func TestADraftOfAReferralIsRefusedByField(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	p := programme(w, aoi, func(d *market.ProgrammeDraft) { d.Terms.Licence = "貸金業登録" })
	yumi := aoi.Alumnus("Takahashi Yumi")
	for field, c := range map[string]struct {
		want   error
		change func(*market.ReferralDraft)
	}{
		"organisation":   {market.ErrRequired, func(d *market.ReferralDraft) { d.Organisation = "・・" }},
		"contact_name":   {market.ErrTooLong, func(d *market.ReferralDraft) { d.ContactName = strings.Repeat("あ", 101) }},
		"contact_email":  {market.ErrOwnContact, func(d *market.ReferralDraft) { d.ContactEmail = strings.ToUpper(yumi.Email) }},
		"why":            {market.ErrRequired, func(d *market.ReferralDraft) { d.Why = " \xff\x00"[:2] }},
		"ready[0]":       {market.ErrNotReady, func(d *market.ReferralDraft) { d.Ready = []int{1} }},
		"ready":          {market.ErrBetween, func(d *market.ReferralDraft) { d.Ready = []int{2} }},
		"relation":       {market.ErrNotOneOf, func(d *market.ReferralDraft) { d.Relation = "friend" }},
		"relation_note":  {market.ErrRelationNote, func(d *market.ReferralDraft) { d.Relation = market.OwnCompany }},
		"licence_number": {market.ErrRequired, func(d *market.ReferralDraft) { d.LicenceNumber = "" }},
		"language":       {market.ErrNotOneOf, func(d *market.ReferralDraft) { d.ContactLanguage = "fr" }},
	} {
		_, err := w.Market.Introduce(ctx, yumi.Actor, customer(p, "Aoba", "mori@aoba.example", func(d *market.ReferralDraft) { d.LicenceNumber, d.LicenceBody = "T-1", "FSA" }, c.change))
		var told *problem.Error
		if !errors.Is(err, c.want) || !errors.As(err, &told) || told.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	outsider := w.Company("Ben").Alumnus("Ito Rei")
	if _, err := w.Market.Introduce(ctx, outsider.Actor, customer(p, "Aoba", "mori@aoba.example")); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("an outsider: %v", err)
	}
	if n := w.Count("SELECT count(*) FROM referrals"); n != 0 {
		t.Errorf("%d were written all the same", n)
	}
}

func TestAReferralGoesThroughItsStagesAndNobodyMovesTheirOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	p := programme(w, aoi, func(d *market.ProgrammeDraft) { d.Terms.Licence = "貸金業登録" })
	yumi := aoi.Alumnus("Takahashi Yumi")
	licensed := func(d *market.ReferralDraft) { d.LicenceNumber, d.LicenceBody = "T-1", "関東財務局" }
	r, _ := introduced(w, yumi.Actor, customer(p, "Aoba", "mori@aoba.example", licensed))
	proposal := market.ReferralMove{Stage: p.Stages[1].ID, Note: "they sound keen", Told: "We meet on Friday."}
	if _, err := w.Market.MoveReferral(ctx, aoi.Manager, r.ID, proposal); !errors.Is(err, market.ErrReferralLicence) {
		t.Errorf("before the registration is confirmed: %v", err)
	}
	if _, err := w.Market.ConfirmReferralLicence(ctx, aoi.Office, r.ID, "T-2"); !errors.Is(err, market.ErrStaleVersion) {
		t.Errorf("another number: %v", err)
	}
	_, err := w.Market.ConfirmReferralLicence(ctx, aoi.Office, r.ID, "T-1")
	w.Check(err)
	_, err = w.Market.AssignReferral(ctx, aoi.Office, r.ID, aoi.Manager.PersonID)
	w.Check(err)
	if _, err := w.Market.AssignReferral(ctx, aoi.Office, r.ID, yumi.PersonID); !errors.Is(err, market.ErrUnknownMember) {
		t.Errorf("to the referrer: %v", err)
	}
	_, err = w.Market.MoveReferral(ctx, aoi.Manager, r.ID, proposal)
	w.Check(err)
	if _, err := w.Market.MoveReferral(ctx, aoi.Manager, r.ID, market.ReferralMove{Stage: programme(w, aoi).Stages[0].ID}); !errors.Is(err, market.ErrNoStage) {
		t.Errorf("to another programme's stage: %v", err)
	}
	timeline, err := w.Market.ReferralTimeline(ctx, yumi.Actor, r.ID)
	if err != nil || timeline[0].Told != "We meet on Friday." || timeline[0].Note != "" || timeline[0].Stage != "提案" {
		t.Errorf("she reads %+v %v", timeline, err)
	}
	if got := referralNews(t, w, yumi.PersonID); !slices.Equal(got, []string{"agree", "move"}) {
		t.Errorf("she hears %v", got)
	}
	if _, err := w.Market.EditProgramme(ctx, aoi.Office, p.ID, p.Version, market.ProgrammeDraft{Name: "x", Stages: p.Stages[:1], Terms: p.Terms}); !errors.Is(err, market.ErrStageInUse) {
		t.Errorf("the stage is taken out: %v", err)
	}
	own, _ := introduced(w, aoi.Manager, customer(programme(w, aoi), "Beta", "b@beta.example"))
	if _, err := w.Market.WinReferral(ctx, aoi.Manager, own.ID, market.ReferralMove{}); !errors.Is(err, market.ErrOwnReferral) {
		t.Errorf("a manager wins their own: %v", err)
	}
	said, err := w.Market.WriteMessage(ctx, yumi.Actor, market.MessageDraft{Subject: market.Subject{Kind: market.AboutReferral, ID: r.ID}, Body: "Kenji likes mornings."})
	w.Check(err)
	if c, err := w.Market.Thread(ctx, aoi.Manager, said.ThreadID); err != nil || c.Title != "Aoba" || c.Messages != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := w.Market.Thread(ctx, aoi.Finance, said.ThreadID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("finance reads along: %v", err)
	}
	_, err = w.Market.WinReferral(ctx, aoi.Manager, r.ID, market.ReferralMove{})
	w.Check(err)
	report, err := w.Market.ReferralReport(ctx, aoi.Office, aoi.ID)
	if err != nil || report[0].Introduced != 1 || report[0].Won != 1 || report[0].Stages[0].Reached != 1 || report[0].Stages[1].Reached != 1 || report[1].Stages[1].Reached != 0 {
		t.Errorf("%+v %v", report, err)
	}
	var file strings.Builder
	w.Check(market.WriteReferralReport(&file, "JPY", report))
	if !strings.Contains(file.String(), "融資のご紹介,won,1,JPY,0,0,0\r\n") {
		t.Errorf("%s", file.String())
	}
}
