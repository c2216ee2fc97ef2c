package market_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/japanese"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

const header = "email,family_name,given_name,family_kana,given_kana,department,joined_on,left_on,skills,hourly_rate,available_from,entity,registration_number\n"

const three = header +
	"yumi@ex.jp,高橋,由美,タカハシ,ユミ,経理部,2012-04-01,2018-03-31,連結決算:3:proven;簿記,6000,,本社,T1234567890123\n" +
	"yumi@ex.jp,高橋,由美,,,税務部,2018/4/1,令和5年3月31日,法人税:3,,2026-12-01,本社,\n" +
	"daniel@ex.jp,Okafor,Daniel,,,経理部,2015-04-01,2022-09-30,簿記:2:self,,,,\n"

// importInto runs an import from start to end and gives its report.
func importInto(t *testing.T, w *markettest.World, c *markettest.Company, file string, dryRun bool) market.ImportReport {
	t.Helper()
	run, err := w.Market.StartImport(context.Background(), c.Office, c.ID, []byte(file), dryRun)
	w.Check(err)
	w.Check(w.Market.WorkImport(context.Background(), run, dryRun, 100, time.Hour))
	return reportOf(t, w, c, run)
}

func reportOf(t *testing.T, w *markettest.World, c *markettest.Company, run jobs.Run) (r market.ImportReport) {
	t.Helper()
	after, err := w.Market.Run(context.Background(), c.Office, run.ID)
	w.Check(err)
	if after.State != jobs.Succeeded || after.Done != after.Total || len(after.Input) > 0 {
		t.Fatalf("the run ended as %s at %d of %d", after.State, after.Done, after.Total)
	}
	w.Check(json.Unmarshal(after.Report, &r))
	if sum := r.Created + r.Updated + r.Unchanged + r.Duplicates + r.Rejected; sum != r.Rows {
		t.Fatalf("%d rows of %d are accounted for", sum, r.Rows)
	}
	return r
}

func people(t *testing.T, w *markettest.World, c *markettest.Company, query string) []market.Member {
	t.Helper()
	list, err := w.Market.People(context.Background(), c.Office, market.PeopleFilter{CompanyID: c.ID, Query: query, Limit: 100})
	w.Check(err)
	return list
}

func TestAnImportTakesPeopleInWithStintsAndSkills(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	r := importInto(t, w, aoi, three, false)
	if r.Created != 3 || r.People != 2 {
		t.Fatalf("%+v", r)
	}
	yumi := people(t, w, aoi, "タカハシ")[0]
	if yumi.Name != "高橋 由美" || yumi.HourlyRate == nil || *yumi.HourlyRate != market.Yen(6000) || !yumi.Registered || !yumi.Alumnus || yumi.State != market.Imported {
		t.Errorf("%+v", yumi)
	}
	if *yumi.AvailableFrom != markettest.Day("2026-12-01") {
		t.Errorf("available from %v", yumi.AvailableFrom)
	}
	if len(yumi.Stints) != 2 || yumi.Stints[0].Department != "税務部" || *yumi.Stints[0].LeftOn != markettest.Day("2023-03-31") {
		t.Errorf("%+v", yumi.Stints)
	}
	got := ""
	for _, k := range yumi.Skills {
		got += fmt.Sprintf("%s:%d:%s:%v ", k.NameJA, k.Level, k.Evidence, k.Ours)
	}
	if got != "連結決算:3:proven:true 法人税:3:attested:true 簿記:2:attested:true " {
		t.Errorf("%s", got)
	}
	if n := w.Count("SELECT count(DISTINCT membership_id) FROM index_pending WHERE company_id = ?", aoi.ID); n != 2 {
		t.Errorf("the index is told of %d people", n)
	}
}

func TestImportingAFileAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	importInto(t, w, aoi, three, false)
	state := func() string {
		var s string
		w.Check(w.DB.Gorm(context.Background()).Raw(`SELECT string_agg(x, '|' ORDER BY x) FROM (
			SELECT p.*::text x FROM people p UNION ALL SELECT m.*::text FROM memberships m UNION ALL SELECT s.*::text FROM stints s
			UNION ALL SELECT h.*::text FROM person_skills h UNION ALL SELECT i.*::text FROM index_pending i UNION ALL SELECT d.*::text FROM departments d) y`).Scan(&s).Error)
		return s
	}
	before := state()
	if r := importInto(t, w, aoi, three, false); r.Unchanged != 3 || len(r.Changes) != 0 {
		t.Errorf("%+v", r)
	}
	if state() != before {
		t.Error("something changed")
	}
}

func TestADryRunShowsTheDifferenceAndLeavesNothing(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	importInto(t, w, aoi, three, false)
	changed := strings.Replace(strings.Replace(three, "2022-09-30", "2023-09-30", 1), "6000", "7500", 1) +
		"new@ex.jp,New,Person,,,Sales,2020-04-01,2021-03-31,,,,,\n"
	before := w.Count("SELECT count(*) FROM people") + w.Count("SELECT count(*) FROM index_pending")
	r := importInto(t, w, aoi, changed, true)
	if !r.DryRun || r.Created != 1 || r.Updated != 3 || r.Unchanged != 0 {
		t.Errorf("%+v", r)
	}
	want := map[string]string{"left_on": "2022-09-30→2023-09-30", "hourly_rate": "¥6,000→¥7,500", "stint": "→2020-04-01 – 2021-03-31"}
	for _, c := range r.Changes {
		for _, f := range c.Fields {
			if want[f.Field] != f.From+"→"+f.To {
				t.Errorf("line %d: %+v", c.Line, f)
			}
			delete(want, f.Field)
		}
	}
	if len(want) > 0 {
		t.Errorf("not shown: %v", want)
	}
	if after := w.Count("SELECT count(*) FROM people") + w.Count("SELECT count(*) FROM index_pending"); after != before {
		t.Error("the dry run left something behind")
	}
	if r := importInto(t, w, aoi, changed, false); r.Created != 1 || r.Updated != 3 {
		t.Errorf("the real run does otherwise: %+v", r)
	}
}

func TestBadRowsAreReportedAndTheGoodGoIn(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	file := header +
		"good@ex.jp,Good,Person,,,Sales,2020-04-01,2021-03-31,,,,,\n" + // 2
		"no address,Bad,Person,,,Sales,2020-04-01,2021-03-31,,,,,\n" + // 3
		"a@ex.jp,Bad,Person,,,Sales,2020-02-30,,Tax:9,-5,soon,,T12\n" + // 4: joined, skills, rate, available, number
		"b@ex.jp,Bad,Person,,,Sales,2021-04-01,2020-03-31,,,,,\n" + // 5
		"c@ex.jp,Bad\"Quote,x\n" + // 6
		"good@ex.jp,Good,Person,,,Sales,2020-04-01,2022-03-31,,,,,\n" + // 7: the same stint
		",,,,,,,,,,,,\n" + // 8: blank
		"d@ex.jp,Long,Row,,,Sales,2020-04-01,,,,,,,one,two\n" // 9
	r := importInto(t, w, aoi, file, false)
	if r.Created != 1 || r.Duplicates != 1 || r.Rejected != 5 || r.Rows != 7 {
		t.Errorf("%+v", r)
	}
	if !slices.IsSortedFunc(r.Faults, func(a, b market.RowFault) int { return a.Line - b.Line }) {
		t.Errorf("out of the file's order: %+v", r.Faults)
	}
	got := map[string]bool{}
	for _, f := range r.Faults {
		got[fmt.Sprintf("%d %s %s", f.Line, f.Column, f.Code)] = true
		if f.EN == "" || f.JA == "" || f.EN == f.JA || strings.Contains(f.EN+f.JA, "{") {
			t.Errorf("a fault without its reason: %+v", f)
		}
	}
	for _, want := range []string{"3 email email_form", "4 joined_on not_a_day", "4 skills skill_form", "4 hourly_rate amount_not_positive",
		"4 available_from not_a_day", "4 registration_number registration_number_form", "5 left_on left_before_joined", "6  line_unreadable",
		"7 joined_on duplicate_row", "9  too_many_cells"} {
		if !got[want] {
			t.Errorf("not reported: %s", want)
		}
		delete(got, want)
	}
	if len(got) > 0 {
		t.Errorf("also reported: %v", got)
	}
}

func TestShiftJISAndJapaneseHeadingsAreRead(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	file := "メールアドレス,姓,名,姓（カナ）,名（カナ）,部署,入社日,退職日,スキル,時給,備考\r\n" +
		"ＴＡＫＡＳＨＩ@ex.jp,髙橋,隆,タカハシ,タカシ,経理部,平成24年4月1日,２０１８/３/３１,連結決算：３：会社確認；簿記,\"￥６，０００\",社内メモ\r\n"
	sjis, err := japanese.ShiftJIS.NewEncoder().String(file)
	w.Check(err)
	for name, f := range map[string]string{"Shift_JIS": sjis, "UTF-8": file, "UTF-8 with mark": "\xef\xbb\xbf" + file} {
		r := importInto(t, w, aoi, f, false)
		if r.Rejected != 0 || fmt.Sprint(r.Ignored) != "[備考]" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	got := people(t, w, aoi, "")
	if len(got) != 1 || got[0].Name != "髙橋 隆" || got[0].Email != "takashi@ex.jp" || *got[0].HourlyRate != market.Yen(6000) ||
		got[0].Stints[0].JoinedOn != markettest.Day("2012-04-01") || len(got[0].Skills) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestFilesThatCannotBeReadAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	for name, c := range map[string]struct {
		file string
		want error
	}{
		"empty":          {"", market.ErrFileEmpty},
		"headings alone": {header, market.ErrFileEmpty},
		"Excel":          {"PK\x03\x04rest", market.ErrFileKind},
		"PDF":            {"%PDF-1.7", market.ErrFileKind},
		"UTF-16":         {"\xff\xfee\x00m\x00", market.ErrFileEncoding},
		"Latin-1":        {header + "a@ex.jp,M\xfc\x80ller\xff,x,,,,2020-04-01,,,,,,\n", market.ErrFileEncoding},
		"zero bytes":     {header + "a@ex.jp,M\x00,x,,,,2020-04-01,,,,,,\n", market.ErrFileEncoding},
		"too large":      {header + strings.Repeat("x", 32<<20), market.ErrFileTooLarge},
		"no address":     {"family_name,joined_on\nx,2020-01-01\n", market.ErrMissingColumn},
		"twice":          {"email,family_name,joined_on,メール\nx,y,2020-01-01,z\n", market.ErrColumnTwice},
	} {
		if _, err := w.Market.StartImport(context.Background(), aoi.Office, aoi.ID, []byte(c.file), false); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.Count("SELECT count(*) FROM runs"); n != 0 {
		t.Errorf("%d runs were started", n)
	}
}

func TestAnImportThatWasCutOffGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	var file strings.Builder
	file.WriteString(header + "broken,Row,One,,,,2020-04-01,,,,,,\n")
	for i := range 30 {
		fmt.Fprintf(&file, "p%d@ex.jp,Family%d,Given,,,Sales,2015-04-01,2018-03-31,Bookkeeping:3,,,,\np%d@ex.jp,Family%d,Given,,,Tax,2018-04-01,2020-03-31,,,,,\n", i, i, i, i)
	}
	ctx := context.Background()
	run, err := w.Market.StartImport(ctx, aoi.Office, aoi.ID, []byte(file.String()), false)
	w.Check(err)
	turns := 0
	for ; turns < 100; turns++ {
		dying, cancel := context.WithCancel(ctx)
		if turns%2 == 1 {
			cancel() // the worker is killed before it can write
		}
		err := w.Market.WorkImport(dying, run, false, 7, 0)
		cancel()
		if err == nil {
			break
		}
		if !market.IsSnooze(err) && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if turns > 3 { // a turn of no time at all never gets on: give it one
			w.Check(w.Market.WorkImport(ctx, run, false, 7, time.Minute))
		}
	}
	r := reportOf(t, w, aoi, run)
	if r.Created != 60 || r.Rejected != 1 || w.Count("SELECT count(*) FROM memberships WHERE company_id = ?", aoi.ID) != 30 || w.Count("SELECT count(*) FROM stints") != 60 {
		t.Errorf("%+v", r)
	}
}

func TestAnImportNeitherClaimsNorRevealsSomebodyKnownElsewhere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi := aoi.Alumnus("Takahashi Yumi")
	aoi.Attests(yumi, "Consolidation", 3)
	row := "yumi.takahashi@alumni.test,Other,Name,,,Sales,2005-04-01,2010-03-31,Selling:2,9999,2030-01-01,,T9999999999999\n"
	if r := importInto(t, w, midori, header+row, false); r.Created != 1 {
		t.Fatalf("%+v", r)
	}
	if r := importInto(t, w, midori, header+row, false); r.Unchanged != 1 {
		t.Errorf("again: %+v", r)
	}
	profile, err := w.Market.Profile(ctx, yumi.Actor)
	w.Check(err)
	if profile.Person.FamilyName != "Takahashi" || profile.HourlyRate != nil || len(profile.Memberships) != 1 || len(profile.Skills) != 1 {
		t.Errorf("the import touched her: %+v", profile)
	}
	seen := people(t, w, midori, "")
	if len(seen) != 1 || seen[0].PersonID == yumi.PersonID || seen[0].Name != "Name Other" || len(seen[0].Skills) != 1 {
		t.Fatalf("the company sees %+v", seen)
	}
	if letters := lettersOf(t, w, market.LetterLink); len(letters) != 1 || letters[0].PersonID != yumi.PersonID {
		t.Errorf("letters: %+v", letters)
	}
	open, err := w.Market.LinkProposals(ctx, yumi.Actor)
	w.Check(err)
	if len(open) != 1 || open[0].CompanyName != "Midori" || open[0].Stints[0].Department != "Sales" {
		t.Fatalf("%+v", open)
	}
	if err := w.Market.AnswerProposal(ctx, midori.Office, open[0].MembershipID, true); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("somebody else answered: %v", err)
	}
	w.Check(w.Market.AnswerProposal(ctx, yumi.Actor, open[0].MembershipID, true))
	who := w.Actor(yumi.PersonID)
	if !who.Is(midori.ID, market.Alumnus) || !who.Is(aoi.ID, market.Alumnus) {
		t.Errorf("she is now %+v", who.Grants)
	}
	joined := people(t, w, midori, "")
	if len(joined) != 1 || joined[0].PersonID != yumi.PersonID || joined[0].Name != "Yumi Takahashi" || joined[0].State != market.Joined {
		t.Errorf("the company now sees %+v", joined)
	}
	if w.Count("SELECT count(*) FROM people WHERE email IS NULL") != 0 {
		t.Error("the stand-in is still there")
	}
	if r := importInto(t, w, midori, header+row, false); r.Unchanged != 1 {
		t.Errorf("after her yes: %+v", r)
	}
	if err := w.Market.AnswerProposal(ctx, who, open[0].MembershipID, false); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("answered twice: %v", err)
	}
}

func TestARefusedProposalStaysApart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi := aoi.Alumnus("Takahashi Yumi")
	row := header + "yumi.takahashi@alumni.test,Other,Name,,,Sales,2005-04-01,2010-03-31,,,,,\n"
	importInto(t, w, midori, row, false)
	standIn := people(t, w, midori, "")[0]
	w.Check(w.Market.AnswerProposal(ctx, yumi.Actor, standIn.ID, false))
	importInto(t, w, midori, row, false)
	if open, err := w.Market.LinkProposals(ctx, yumi.Actor); err != nil || len(open) != 0 {
		t.Errorf("asked again: %+v, %v", open, err)
	}
	if w.Actor(yumi.PersonID).Belongs(midori.ID) {
		t.Error("she belongs where she said she does not")
	}
	outbox := &kept{}
	w.Check(w.Market.SendLetter(ctx, outbox, "https://x.test", market.Letter{Letter: market.LetterJoin, PersonID: standIn.PersonID, CompanyID: midori.ID}, 1))
	if len(outbox.mails) != 0 {
		t.Errorf("she was written to: %+v", outbox.mails)
	}
}

func TestASecondAddressAtTheSameCompanyJoinsTheFirstMembership(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Tax", "2014-04-01", "2023-03-31"))
	midori.Alumnus("Takahashi Yumi")
	w.Exec("UPDATE memberships SET email = 'old@ex.jp' WHERE id = ?", yumi.MembershipID)
	importInto(t, w, aoi, header+"yumi.takahashi@alumni.test,Takahashi,Yumi,,,Sales,2005-04-01,2010-03-31,Selling:2,,,,\n"+
		"yumi.takahashi@alumni.test,Takahashi,Yumi,,,Tax,2014-04-01,2023-03-31,,,,,\n", false)
	open, err := w.Market.LinkProposals(ctx, yumi.Actor)
	w.Check(err)
	w.Check(w.Market.AnswerProposal(ctx, yumi.Actor, open[0].MembershipID, true))
	got := people(t, w, aoi, "")
	if len(got) != 1 || got[0].ID != yumi.MembershipID || len(got[0].Stints) != 2 || len(got[0].Skills) != 1 {
		t.Errorf("%+v", got)
	}
	if w.Count("SELECT count(*) FROM index_pending WHERE membership_id = ?", open[0].MembershipID) == 0 {
		t.Error("the index is not told to forget the second membership")
	}
}

func TestWhatSomebodySaysOfThemselvesOutlivesTheFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	_, err := w.Market.SignIn(ctx, yumi.Email, markettest.Password)
	w.Check(err)
	rate := market.Yen(8000)
	_, err = w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{HourlyRate: &rate})
	w.Check(err)
	r := importInto(t, w, aoi, header+"yumi.takahashi@alumni.test,Changed,Name,,,Accounting,2015-04-01,2022-03-31,Tax:3:self;Audit:3,5000,,,\n", false)
	got := people(t, w, aoi, "")[0]
	if r.Updated != 1 || got.Name != "Yumi Takahashi" || *got.HourlyRate != rate || len(got.Skills) != 1 || got.Skills[0].NameEN != "Audit" {
		t.Errorf("%+v %+v", r, got)
	}
}

func TestTwoCompaniesImportingTheSameStrangerAtOnceShareNobody(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	companies := []*markettest.Company{w.Company("Aoi"), w.Company("Midori"), w.Company("Kaze")}
	var file strings.Builder
	file.WriteString(header)
	for i := range 40 {
		fmt.Fprintf(&file, "p%d@ex.jp,Family%d,Given,,,Sales,2015-04-01,2018-03-31,,,,,\n", i, i)
	}
	var work []func() error
	for _, c := range companies {
		run, err := w.Market.StartImport(ctx, c.Office, c.ID, []byte(file.String()), false)
		w.Check(err)
		work = append(work, func() error { return w.Market.WorkImport(ctx, run, false, 10, time.Minute) })
	}
	for i, err := range w.Together(work...) {
		if err != nil {
			t.Fatalf("import %d: %v", i, err)
		}
	}
	if n := w.Count("SELECT count(*) FROM memberships WHERE email LIKE 'p%@ex.jp'"); n != 120 {
		t.Errorf("%d memberships", n)
	}
	if n := w.Count("SELECT count(*) FROM link_proposals WHERE state = 'open'"); n != 80 {
		t.Errorf("%d proposals", n)
	}
	if n := w.Count("SELECT count(*) FROM (SELECT person_id FROM memberships GROUP BY 1 HAVING count(*) > 1) x"); n != 0 {
		t.Errorf("%d people were joined without being asked", n)
	}
}

func TestTenThousandRowsAreReadOnce(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	var file strings.Builder
	file.WriteString(header)
	for i := range 10_000 {
		fmt.Fprintf(&file, "p%d@ex.jp,Family%d,Given,,,Dep%d,2015-04-01,2018-03-31,Skill%d:2;Skill%d:3,,,,\n", i/2, i/2, i%40, i%90, i%90+1)
	}
	if r := importInto(t, w, aoi, file.String(), false); r.Created != 10_000 {
		t.Errorf("%d created", r.Created)
	}
	if r := importInto(t, w, aoi, file.String(), false); r.Unchanged != 10_000 {
		t.Errorf("again: %d unchanged", r.Unchanged)
	}
}

func TestOnlyTheOfficeImportsAndWatches(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	run, err := w.Market.StartImport(ctx, aoi.Office, aoi.ID, []byte(three), true)
	w.Check(err)
	for who, want := range map[*market.Actor]*problem.Error{&aoi.Manager: market.ErrForbidden, &aoi.Finance: market.ErrForbidden, &midori.Office: market.ErrNotFound} {
		if _, err := w.Market.StartImport(ctx, *who, aoi.ID, []byte(three), true); !errors.Is(err, want) {
			t.Errorf("%s imports: %v", who.Email, err)
		}
		if _, err := w.Market.Run(ctx, *who, run.ID); !errors.Is(err, want) {
			t.Errorf("%s watches: %v", who.Email, err)
		}
	}
	if _, err := w.Market.Run(ctx, aoi.Administrator, run.ID); err != nil {
		t.Error(err)
	}
}

func TestAnImportIsKilledBetweenAnyTwoWritesAndTakesEverybodyOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	var file strings.Builder
	file.WriteString(header)
	for i := range 120 { // a person's rows lie far apart in the file
		fmt.Fprintf(&file, "p%d@ex.jp,Family%d,Given,,,Sales,20%02d-04-01,20%02d-03-31,Bookkeeping:3,,,,\n", i%40, i%40, 10+i/40, 11+i/40)
	}
	for _, dryRun := range []bool{true, false} {
		run, err := w.Market.StartImport(ctx, aoi.Office, aoi.ID, []byte(file.String()), dryRun)
		w.Check(err)
		for kill := time.Millisecond; ; kill += kill / 3 {
			dying, cancel := context.WithTimeout(ctx, kill)
			err := w.Market.WorkImport(dying, run, dryRun, 10, time.Minute)
			killed := dying.Err() != nil
			cancel()
			if err == nil {
				break
			}
			if !killed {
				t.Fatal(err)
			}
		}
		if r := reportOf(t, w, aoi, run); r.Created != 120 || r.People != 40 {
			t.Errorf("dry run %v: %+v", dryRun, r)
		}
	}
	if n := w.Count("SELECT count(*) FROM stints"); n != 120 {
		t.Errorf("%d stints", n)
	}
	if n := w.Count("SELECT count(*) FROM import_files"); n != 1 {
		t.Errorf("%d files are kept: the dry run's alone should be", n)
	}
	w.Clock.Advance(25 * time.Hour)
	w.Check(w.Market.Sweep(ctx))
	w.Exec("UPDATE runs SET finished_at = finished_at - interval '30 days'")
	w.Check(w.Market.Sweep(ctx))
	if n := w.Count("SELECT count(*) FROM import_rows"); n != 0 {
		t.Errorf("%d rows are kept after a day", n)
	}
}
