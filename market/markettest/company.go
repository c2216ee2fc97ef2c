package markettest

import (
	"context"
	"fmt"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/market"
)

// A Company of a world, with somebody in every role.
type Company struct {
	market.Company
	w             *World
	Administrator market.Actor
	Manager       market.Actor
	Approver      market.Actor
	Finance       market.Actor
	Office        market.Actor
}

// Company founds a company with one person in each role: manager@aoi.test and so on.
func (w *World) Company(name string) *Company {
	w.Helper()
	domain := strings.ToLower(name) + ".test"
	c, admin, err := w.Market.CreateCompany(context.Background(), market.NewCompany{Name: name, NameEN: name,
		AdminEmail: "administrator@" + domain, AdminFamilyName: name, AdminGivenName: "Administrator"})
	w.Check(err)
	out := &Company{Company: c, w: w, Administrator: w.enter(admin.ID)}
	for role, actor := range map[market.Role]*market.Actor{market.Manager: &out.Manager, market.Approver: &out.Approver,
		market.Finance: &out.Finance, market.Office: &out.Office} {
		*actor = out.Colleague(string(role), role)
	}
	return out
}

// Colleague gives somebody new one role: name is the part before the @.
func (c *Company) Colleague(name string, role market.Role) market.Actor {
	c.w.Helper()
	m, err := c.w.Market.Grant(context.Background(), c.Administrator, c.ID, market.Colleague{
		Email: name + "@" + strings.ToLower(c.Name) + ".test", FamilyName: c.Name, GivenName: strings.ToUpper(name[:1]) + name[1:], Role: role})
	c.w.Check(err)
	return c.w.enter(m.PersonID)
}

// enter gives a person the password of all tests and reads their roles.
func (w *World) enter(person uuid.UUID) market.Actor {
	w.Helper()
	who := w.Actor(person)
	w.Check(w.Market.SetPassword(context.Background(), who, "", Password))
	return who
}

// A Stint of somebody at a company. An empty Left is a current employee's.
type Stint struct{ Department, Joined, Left string }

// Worked is a stint from one day to another.
func Worked(department, joined, left string) Stint { return Stint{department, joined, left} }

// An Alumnus is somebody with a membership; without stints given, from 2015 to 2022 in Accounting.
type Alumnus struct {
	market.Actor
	MembershipID uuid.UUID
}

// Alumnus makes somebody with these stints who has the password of all tests: "Takahashi Yumi" signs in as
// yumi.takahashi@alumni.test. The same name at a second company is the same person.
func (c *Company) Alumnus(name string, stints ...Stint) Alumnus {
	c.w.Helper()
	if len(stints) == 0 {
		stints = []Stint{Worked("Accounting", "2015-04-01", "2022-03-31")}
	}
	family, given, _ := strings.Cut(name, " ")
	email := strings.ToLower(strings.Trim(given+"."+family, ".")) + "@alumni.test"
	membership := uuid.Must(uuid.NewV7())
	var person uuid.UUID
	c.w.Tx(func(tx *gorm.DB) error {
		fresh := market.Person{ID: uuid.Must(uuid.NewV7()), Email: &email, FamilyName: family, GivenName: given, Language: "en", RateCurrency: "JPY", CreatedAt: c.w.Clock.Now()}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error; err != nil {
			return err
		}
		var p market.Person
		if err := tx.Where("email = ?", email).Take(&p).Error; err != nil {
			return err
		}
		person = p.ID
		m := market.Membership{ID: membership, CompanyID: c.ID, PersonID: person, Email: email, CreatedAt: c.w.Clock.Now()}
		if err := tx.Create(&m).Error; err != nil {
			return err
		}
		for _, s := range stints {
			if err := c.stint(tx, membership, s); err != nil {
				return err
			}
		}
		return market.TouchMembership(tx, membership)
	})
	who := c.w.Actor(person)
	if c.w.Count("SELECT count(*) FROM people WHERE id = ? AND password_hash = ''", person) == 1 {
		who = c.w.enter(person)
	}
	return Alumnus{who, membership}
}

func (c *Company) stint(tx *gorm.DB, membership uuid.UUID, s Stint) error {
	department, err := market.DepartmentNamed(tx, c.ID, s.Department)
	if err != nil {
		return err
	}
	row := market.Stint{ID: uuid.Must(uuid.NewV7()), CompanyID: c.ID, MembershipID: membership, JoinedOn: Day(s.Joined)}
	if department != uuid.Nil {
		row.DepartmentID = &department
	}
	if s.Left != "" {
		left := Day(s.Left)
		row.LeftOn = &left
	}
	return tx.Create(&row).Error
}

// Attests says that the company knows somebody to have a skill at a level.
func (c *Company) Attests(a Alumnus, skill string, level int) {
	c.w.Helper()
	c.w.Tx(func(tx *gorm.DB) error {
		id, err := Resolve(tx, c.ID, skill)
		if err != nil {
			return err
		}
		if err := tx.Create(&market.HeldSkill{PersonID: a.PersonID, SkillID: id, Evidence: market.Attested, CompanyID: &c.ID, Level: level}).Error; err != nil {
			return err
		}
		return market.TouchPerson(tx, a.PersonID)
	})
}

// Draft posts a task over so many yen, due in 30 days, for the skill bookkeeping unless an option says otherwise.
func (c *Company) Draft(title string, yen int64, options ...func(*market.TaskDraft)) market.Task {
	c.w.Helper()
	due, budget := c.w.Today().AddDays(30), market.Yen(yen)
	d := market.TaskDraft{CompanyID: c.ID, Title: title, Brief: "As last year.", Department: "Accounting", Budget: &budget, DueOn: &due,
		Skills: []market.WantedSkill{{Skill: "bookkeeping"}}}
	for _, o := range options {
		o(&d)
	}
	t, err := c.w.Market.PostTask(context.Background(), c.Manager, d)
	c.w.Check(err)
	return t
}

// Task posts and publishes.
func (c *Company) Task(title string, yen int64, options ...func(*market.TaskDraft)) market.Task {
	c.w.Helper()
	t, err := c.w.Market.PublishTask(context.Background(), c.Manager, c.Draft(title, yen, options...).ID)
	c.w.Check(err)
	return t
}

// For shows a task to these members alone.
func For(members ...Alumnus) func(*market.TaskDraft) {
	return func(d *market.TaskDraft) {
		d.Visibility.Kind = market.Named
		for _, m := range members {
			d.Visibility.MembershipIDs = append(d.Visibility.MembershipIDs, m.MembershipID)
		}
	}
}

// ForDepartments shows a task to those who worked there.
func ForDepartments(names ...string) func(*market.TaskDraft) {
	return func(d *market.TaskDraft) {
		d.Visibility = market.DraftVisibility{Kind: market.ByRule, Departments: names}
	}
}

// Ally makes two companies partners.
func (w *World) Ally(a, b *Company) {
	w.Helper()
	asked, err := w.Market.AskPartner(context.Background(), a.Administrator, a.ID, b.ID)
	w.Check(err)
	_, err = w.Market.AgreePartner(context.Background(), b.Administrator, b.ID, asked.ID)
	w.Check(err)
}

// Terms offers so many yen in one milestone, delivered on a day.
func Terms(yen int64, on civil.Date) market.Terms {
	return market.Terms{Amount: market.Yen(yen), DeliverOn: on, Message: fmt.Sprintf("I would do this for %v.", market.Yen(yen))}
}

// Bid places a bid over so many yen, delivered in 20 days.
func (w *World) Bid(a Alumnus, t market.Task, yen int64) market.Bid {
	w.Helper()
	b, err := w.Market.PlaceBid(context.Background(), a.Actor, t.ID, Terms(yen, w.Today().AddDays(20)))
	w.Check(err)
	return b
}
