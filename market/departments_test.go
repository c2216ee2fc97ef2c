package market_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

// departmentNamed is the id of a company's department.
func departmentNamed(t *testing.T, w *markettest.World, c *markettest.Company, name string) (id uuid.UUID) {
	t.Helper()
	w.Tx(func(tx *gorm.DB) (err error) {
		id, err = market.DepartmentKnown(tx, c.ID, name)
		return err
	})
	if id == uuid.Nil {
		t.Fatalf("%s is no department", name)
	}
	return id
}

func member(t *testing.T, w *markettest.World, who market.Actor, membership uuid.UUID) market.Member {
	t.Helper()
	m, err := w.Market.Member(context.Background(), who, membership)
	w.Check(err)
	return m
}

func since(day string) *civil.Date {
	d := markettest.Day(day)
	return &d
}

func text(s string) *string { return &s }

func TestAStintKeepsTheNameOfItsDay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	early := aoi.Alumnus("Early Emi", markettest.Worked("Accounts", "2008-04-01", "2012-03-31"))
	late := aoi.Alumnus("Late Leo", markettest.Worked("Accounts", "2010-04-01", "2019-03-31"))
	here := aoi.Alumnus("Here Hana", markettest.Worked("Accounts", "2018-04-01", ""))
	id := departmentNamed(t, w, aoi, "Accounts")
	_, err := w.Market.EditDepartment(ctx, aoi.Office, id, market.DepartmentEdit{Name: text("Finance"), Since: since("2015-04-01")})
	w.Check(err)
	_, err = w.Market.EditDepartment(ctx, aoi.Office, id, market.DepartmentEdit{Name: text("Treasury"), Since: since("2021-04-01")})
	w.Check(err)
	for who, want := range map[*markettest.Alumnus]string{&early: "Accounts today Treasury", &late: "Finance today Treasury", &here: "Treasury today "} {
		s := member(t, w, aoi.Office, who.MembershipID).Stints[0]
		if got := s.Department + " today " + s.Today; got != want {
			t.Errorf("%s was in %q, not %q", who.Name, got, want)
		}
		if *s.DepartmentID != id {
			t.Errorf("%s counts for another department", who.Name)
		}
	}
	for _, name := range []string{"accounts", "Finance", "TREASURY"} {
		if departmentNamed(t, w, aoi, name) != id {
			t.Errorf("%s means another department", name)
		}
	}
	if _, err := w.Market.EditDepartment(ctx, aoi.Office, id, market.DepartmentEdit{Name: text("Cash"), Since: since("2020-01-01")}); !errors.Is(err, market.ErrDepartmentSince) {
		t.Errorf("renamed before the last change: %v", err)
	}
	_, err = w.Market.EditDepartment(ctx, aoi.Office, id, market.DepartmentEdit{Name: text("Treasury dept.")})
	w.Check(err)
	if s := member(t, w, aoi.Office, late.MembershipID).Stints[0]; s.Department != "Finance" || s.Today != "Treasury dept." {
		t.Errorf("after a correction: %+v", s)
	}
}

func TestWhoWorkedInAMergedDepartmentCountsForTheOther(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Tax", "2010-04-01", "2012-03-31"), markettest.Worked("Accounting", "2012-04-01", "2022-03-31"))
	stayed := aoi.Alumnus("Stayed Sho", markettest.Worked("Tax", "2010-04-01", "2021-03-31"))
	task := aoi.Draft("File the return", 100_000, func(d *market.TaskDraft) { d.Department = "Tax" }, markettest.ForDepartments("Tax"))
	tax, accounting := departmentNamed(t, w, aoi, "Tax"), departmentNamed(t, w, aoi, "Accounting")
	beneath, err := w.Market.AddDepartment(ctx, aoi.Office, aoi.ID, market.DepartmentEdit{Name: text("Transfer prices"), Above: &tax})
	w.Check(err)
	w.Exec("DELETE FROM index_pending")
	_, err = w.Market.MergeDepartment(ctx, aoi.Office, tax, accounting, since("2020-04-01"))
	w.Check(err)

	for _, s := range member(t, w, aoi.Office, yumi.MembershipID).Stints {
		if *s.DepartmentID != accounting {
			t.Errorf("%s counts for another department", s.Department)
		}
	}
	if s := member(t, w, aoi.Office, yumi.MembershipID).Stints[1]; s.Department != "Tax" || s.Today != "Accounting" {
		t.Errorf("her stint says %q, today %q", s.Department, s.Today)
	}
	if s := member(t, w, aoi.Office, stayed.MembershipID).Stints[0]; s.Department != "Accounting" || s.Today != "" {
		t.Errorf("who stayed after the merge was in %q", s.Department)
	}
	now, err := w.Market.Task(ctx, aoi.Manager, task.ID)
	w.Check(err)
	if *now.DepartmentID != accounting || fmt.Sprint(now.Visibility.Departments) != fmt.Sprint([]uuid.UUID{accounting}) {
		t.Errorf("the draft names %v and reaches %v", *now.DepartmentID, now.Visibility.Departments)
	}
	if n := w.Count("SELECT count(DISTINCT membership_id) FROM index_pending WHERE company_id = ?", aoi.ID); n != 2 {
		t.Errorf("the index is told of %d people", n)
	}
	if departmentNamed(t, w, aoi, "tax") != accounting {
		t.Error("the old name means something else")
	}
	list, err := w.Market.Departments(ctx, aoi.Manager, aoi.ID)
	w.Check(err)
	for _, d := range list {
		if d.ID == tax || d.ID == beneath.ID && *d.AboveID != accounting {
			t.Errorf("after the merge: %+v", d)
		}
	}
	life, err := w.Market.DepartmentLife(ctx, aoi.Office, accounting)
	w.Check(err)
	if life.Alumni != 2 || len(life.Merged) != 1 || life.Merged[0].Name != "Tax" {
		t.Errorf("its life: %+v", life)
	}
}

func TestAFileThatUsesOldNamesChangesNothingAfterAReorganisation(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	importInto(t, w, aoi, three, false)
	books, tax := departmentNamed(t, w, aoi, "経理部"), departmentNamed(t, w, aoi, "税務部")
	_, err := w.Market.MergeDepartment(ctx, aoi.Office, tax, books, since("2025-04-01"))
	w.Check(err)
	_, err = w.Market.EditDepartment(ctx, aoi.Office, books, market.DepartmentEdit{Name: text("財務経理部"), Since: since("2026-04-01")})
	w.Check(err)
	if r := importInto(t, w, aoi, three, false); r.Unchanged != 3 {
		t.Errorf("%+v", r)
	}
	importInto(t, w, aoi, header+"new@ex.jp,新井,学,,,税務部,2015-04-01,2018-03-31,,,,,\n", false)
	if s := people(t, w, aoi, "新井")[0].Stints[0]; s.Department != "税務部" || s.Today != "財務経理部" {
		t.Errorf("a new row in the old department says %q, today %q", s.Department, s.Today)
	}
}

func TestMergingTwiceLeavesEachStintItsName(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	before := aoi.Alumnus("Before Bea", markettest.Worked("A", "2008-04-01", "2012-03-31"))
	between := aoi.Alumnus("Between Ben", markettest.Worked("A", "2010-04-01", "2018-03-31"), markettest.Worked("B", "2010-04-01", "2011-03-31"))
	aoi.Alumnus("Other Ono", markettest.Worked("C", "2010-04-01", "2018-03-31"))
	a, b, c := departmentNamed(t, w, aoi, "A"), departmentNamed(t, w, aoi, "B"), departmentNamed(t, w, aoi, "C")
	_, err := w.Market.MergeDepartment(ctx, aoi.Office, a, b, since("2015-04-01"))
	w.Check(err)
	_, err = w.Market.MergeDepartment(ctx, aoi.Office, b, c, since("2020-04-01"))
	w.Check(err)
	if s := member(t, w, aoi.Office, before.MembershipID).Stints[0]; s.Department != "A" || s.Today != "C" || *s.DepartmentID != c {
		t.Errorf("%+v", s)
	}
	for _, s := range member(t, w, aoi.Office, between.MembershipID).Stints {
		if *s.DepartmentID != c {
			t.Errorf("%+v", s)
		}
	}
	if _, err := w.Market.MergeDepartment(ctx, aoi.Office, b, c, nil); !errors.Is(err, market.ErrDepartmentMerged) {
		t.Errorf("merged again: %v", err)
	}
	if _, err := w.Market.MergeDepartment(ctx, aoi.Office, c, c, nil); !errors.Is(err, market.ErrDepartmentItself) {
		t.Errorf("into itself: %v", err)
	}
	if departmentNamed(t, w, aoi, "a") != c {
		t.Error("the first name means something else")
	}
}

func TestADepartmentStandsUnderNoneOfItsOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	top, err := w.Market.AddDepartment(ctx, aoi.Office, aoi.ID, market.DepartmentEdit{Name: text("Corporate")})
	w.Check(err)
	below, err := w.Market.AddDepartment(ctx, aoi.Office, aoi.ID, market.DepartmentEdit{Name: text("Accounting"), Above: &top.ID})
	w.Check(err)
	foreign, err := w.Market.AddDepartment(ctx, ben.Office, ben.ID, market.DepartmentEdit{Name: text("Accounting")})
	w.Check(err)
	for name, c := range map[string]struct {
		id   uuid.UUID
		edit market.DepartmentEdit
		want error
	}{
		"itself":          {top.ID, market.DepartmentEdit{Above: &top.ID}, market.ErrDepartmentBeneath},
		"its own":         {top.ID, market.DepartmentEdit{Above: &below.ID}, market.ErrDepartmentBeneath},
		"another company": {top.ID, market.DepartmentEdit{Above: &foreign.ID}, market.ErrUnknownDepartment},
		"a taken name":    {top.ID, market.DepartmentEdit{Name: text("accounting")}, market.ErrDepartmentTaken},
		"no name":         {top.ID, market.DepartmentEdit{Name: text(" ")}, market.ErrRequired},
		"the future":      {top.ID, market.DepartmentEdit{Name: text("New"), Since: since("2030-01-01")}, market.ErrDepartmentSince},
	} {
		if _, err := w.Market.EditDepartment(ctx, aoi.Office, c.id, c.edit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Market.EditDepartment(ctx, ben.Office, top.ID, market.DepartmentEdit{Name: text("Mine")}); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("another company's office: %v", err)
	}
	if _, err := w.Market.EditDepartment(ctx, aoi.Manager, top.ID, market.DepartmentEdit{Name: text("Mine")}); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager: %v", err)
	}
	if _, err := w.Market.MergeDepartment(ctx, aoi.Office, top.ID, foreign.ID, nil); !errors.Is(err, market.ErrUnknownDepartment) {
		t.Errorf("into another company's: %v", err)
	}
}

func TestWhySomebodyLeftIsForTheOfficeAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	file := strings.Replace(header, "entity,", "entity,departure,", 1) +
		"yumi@ex.jp,高橋,由美,,,経理部,2012-04-01,2018-03-31,,,,,会社都合,\n" +
		"bad@ex.jp,Bad,Word,,,経理部,2012-04-01,2018-03-31,,,,,円満,\n" +
		"day@ex.jp,No,Day,,,経理部,2012-04-01,,,,,,定年退職,\n"
	r := importInto(t, w, aoi, file, false)
	if r.Created != 1 || r.Rejected != 2 || r.Faults[0].Code != "departure_form" || r.Faults[1].Code != "departure_without_day" {
		t.Fatalf("%+v", r)
	}
	if r := importInto(t, w, aoi, header+"yumi@ex.jp,高橋,由美,,,経理部,2012-04-01,2018-03-31,,,,,\n", false); r.Unchanged != 1 {
		t.Errorf("a file that does not say: %+v", r)
	}
	m := people(t, w, aoi, "高橋")[0]
	for who, want := range map[*market.Actor]market.DepartureKind{&aoi.Office: market.LaidOff, &aoi.Administrator: market.LaidOff, &aoi.Manager: ""} {
		if got := member(t, w, *who, m.ID).Stints[0].Departure; got != want {
			t.Errorf("%s sees %q", who.Email, got)
		}
	}
	own := w.Actor(m.PersonID)
	if got := member(t, w, own, m.ID).Stints[0].Departure; got != "" {
		t.Errorf("she sees %q", got)
	}
	after, err := w.Market.EndStint(ctx, aoi.Office, m.Stints[0].ID, market.StintEnd{LeftOn: since("2018-03-31"), Departure: market.Voluntary})
	w.Check(err)
	if after.Stints[0].Departure != market.Voluntary {
		t.Errorf("the office changed it to %q", after.Stints[0].Departure)
	}
	if n := w.Count("SELECT count(*) FROM audit WHERE detail::text LIKE '%voluntary%'"); n != 0 {
		t.Error("the log says why she left: its readers are not the office alone")
	}
	if _, err := w.Market.EndStint(ctx, aoi.Manager, m.Stints[0].ID, market.StintEnd{LeftOn: since("2018-03-31")}); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager: %v", err)
	}
	for _, bad := range []struct {
		end  market.StintEnd
		want error
	}{{market.StintEnd{Departure: market.Voluntary}, market.ErrDepartureDay}, {market.StintEnd{LeftOn: since("2011-01-01")}, market.ErrLeftBefore},
		{market.StintEnd{LeftOn: since("2018-03-31"), Departure: "angry"}, market.ErrDeparture}} {
		if _, err := w.Market.EndStint(ctx, aoi.Office, m.Stints[0].ID, bad.end); !errors.Is(err, bad.want) {
			t.Errorf("%+v: %v", bad.end, err)
		}
	}
}
