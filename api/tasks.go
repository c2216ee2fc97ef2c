package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// task is a piece of work on offer.
type task struct {
	ID                  uuid.UUID     `json:"id" format:"uuid"`
	CompanyID           uuid.UUID     `json:"company_id" format:"uuid"`
	Number              int           `json:"number" example:"17" doc:"Counted within the company: T-17"`
	Title               string        `json:"title"`
	Brief               string        `json:"brief" doc:"Markdown"`
	DepartmentID        *uuid.UUID    `json:"department_id" format:"uuid"`
	Skills              []taskSkill   `json:"skills"`
	Budget              *market.Money `json:"budget,omitempty" doc:"Without consumption tax; absent is open to offers"`
	DueOn               *civil.Date   `json:"due_on" format:"date"`
	Hourly              *byHour       `json:"hourly,omitempty" doc:"By the hour; else at a fixed price. The budget is the most that it comes to"`
	WithholdingCategory string        `json:"withholding_category"`
	PaidFrom            *uuid.UUID    `json:"paid_from,omitempty" format:"uuid" doc:"The budget, for the company's own people"`
	ApprovedAmount      *market.Money `json:"approved_amount,omitempty" doc:"What it may cost, as far as the company's rules ask anybody; for its own people"`
	Visibility          *visibility   `json:"visibility,omitempty" doc:"For the company's own people"`
	State               string        `json:"state" enum:"draft,published,awarded,completed,canceled"`
	Version             int           `json:"version" doc:"Raised by every edit; say which one you looked at"`
	CancelReason        string        `json:"cancel_reason"`
	CreatedAt           time.Time     `json:"created_at"`
	UpdatedAt           time.Time     `json:"updated_at"`
	PublishedAt         *time.Time    `json:"published_at"`
}

type taskSkill struct {
	Skill  string `json:"skill" example:"corporate-tax" doc:"An id; in requests also a name or an alias. An unknown name becomes the company's own"`
	Level  int    `json:"level,omitempty" minimum:"1" maximum:"3" doc:"1 basic, 2 solid, 3 expert; 1 when left out"`
	Kind   string `json:"kind,omitempty" enum:"must,nice" doc:"must when left out"`
	Strict bool   `json:"strict,omitempty" doc:"A filter: who does not meet it is not listed"`
}

type visibility struct {
	Kind            string      `json:"kind" enum:"own_alumni,rule,named,partners,open" doc:"Everybody who left, those who meet a rule, these people; partners and open reach people from outside who agreed to it as well"`
	Departments     []string    `json:"departments,omitempty" doc:"For rule, worked in one of them: ids; in requests also names"`
	Skills          []string    `json:"skills,omitempty" doc:"For rule, holds one of them: ids; in requests also names"`
	MinYears        int         `json:"min_years,omitempty" minimum:"0" maximum:"60" doc:"For rule, worked here for so long"`
	LeftWithinYears int         `json:"left_within_years,omitempty" minimum:"0" maximum:"60" doc:"For rule, left less than so many years ago"`
	MembershipIDs   []uuid.UUID `json:"membership_ids,omitempty" format:"uuid" doc:"For named"`
	Companies       []uuid.UUID `json:"companies,omitempty" format:"uuid" doc:"For partners: these alone; all of them when left out"`
}

func visibilityOf(v market.Visibility) *visibility {
	return &visibility{Kind: string(v.Kind), Departments: each(v.Departments, uuid.UUID.String), Skills: v.Skills, MinYears: v.MinYears,
		LeftWithinYears: v.LeftWithinYears, MembershipIDs: orEmpty(v.MembershipIDs), Companies: v.Companies}
}

func (v visibility) draft() market.DraftVisibility {
	return market.DraftVisibility{Kind: market.VisibilityKind(v.Kind), Departments: v.Departments, Skills: v.Skills, MinYears: v.MinYears,
		LeftWithinYears: v.LeftWithinYears, MembershipIDs: v.MembershipIDs, Companies: v.Companies}
}

// taskFor shows a task to a reader: whom it is meant for is the company's own affair.
func taskFor(who market.Actor) func(market.Task) task {
	return func(t market.Task) task {
		view := task{ID: t.ID, CompanyID: t.CompanyID, Number: t.Number, Title: t.Title, Brief: t.Brief, DepartmentID: t.DepartmentID, DueOn: t.DueOn,
			Hourly: byHourOf(t.Hourly, t.Currency), WithholdingCategory: t.WithholdingCategory, State: string(t.State), Version: t.Version, CancelReason: t.CancelReason,
			CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, PublishedAt: t.PublishedAt,
			Skills: each(t.Skills, func(k market.TaskSkill) taskSkill {
				return taskSkill{Skill: k.SkillID, Level: k.Level, Kind: string(k.Kind), Strict: k.Strict}
			})}
		if t.Budget != nil {
			view.Budget = &market.Money{Amount: *t.Budget, Currency: t.Currency}
		}
		if who.May(market.SeeTasks, t.CompanyID) == nil {
			view.Visibility, view.PaidFrom = visibilityOf(t.Visibility), t.PaidFrom
			view.ApprovedAmount = &market.Money{Amount: t.ApprovedAmount, Currency: t.Currency}
		}
		return view
	}
}

// Draft is what a manager fills in.
type Draft struct {
	Title               string      `json:"title" maxLength:"200" example:"Close the books for March"`
	Brief               string      `json:"brief,omitempty" doc:"Markdown" example:"As in **February**, with the new fixed assets."`
	Department          string      `json:"department,omitempty" example:"Accounting" doc:"An id, a name or an alias; an unknown name becomes the company's own"`
	Skills              []taskSkill `json:"skills" doc:"1 to 12"`
	Budget              *amount     `json:"budget,omitempty"`
	DueOn               *civil.Date `json:"due_on,omitempty" format:"date" example:"2027-04-20"`
	Hourly              *hourly     `json:"hourly,omitempty" doc:"By the hour: budget and due day follow from it"`
	WithholdingCategory string      `json:"withholding_category,omitempty" example:"profession"`
	PaidFrom            string      `json:"paid_from,omitempty" example:"PO-4471" doc:"A purchase order or a cost centre, by code, name or id"`
	Visibility          *visibility `json:"visibility,omitempty" doc:"All of the company's alumni when left out"`
}

func (d Draft) of(company uuid.UUID) market.TaskDraft {
	t := market.TaskDraft{CompanyID: company, Title: d.Title, Brief: d.Brief, Department: d.Department, Budget: (*market.Money)(d.Budget), DueOn: d.DueOn,
		Hourly: d.Hourly.of(), WithholdingCategory: d.WithholdingCategory, PaidFrom: d.PaidFrom, Skills: each(d.Skills, func(k taskSkill) market.WantedSkill {
			return market.WantedSkill{Skill: k.Skill, Level: k.Level, Kind: market.SkillKind(k.Kind), Strict: k.Strict}
		})}
	if v := d.Visibility; v != nil {
		t.Visibility = v.draft()
	}
	return t
}

// CompanyDraft is a task as it is posted: what a manager fills in, and for which company.
type CompanyDraft struct {
	Body struct {
		CompanyID uuid.UUID `json:"company_id" format:"uuid"`
		Draft
	}
}

func (s *Server) postTask(ctx context.Context, in *CompanyDraft) (*made[task], error) {
	who := access.Actor(ctx)
	t, err := s.cfg.Market.PostTask(ctx, who, in.Body.of(in.Body.CompanyID))
	if err != nil {
		return nil, err
	}
	return created("/tasks/"+t.ID.String(), taskFor(who)(t)), nil
}

type taskEdit struct {
	OfID
	Body struct {
		Version int `json:"version" doc:"The one you looked at"`
		Draft
	}
}

func (s *Server) editTask(ctx context.Context, in *taskEdit) (*out[task], error) {
	who := access.Actor(ctx)
	t, err := s.cfg.Market.EditTask(ctx, who, in.ID, in.Body.Version, in.Body.of(uuid.Nil))
	return answer(taskFor(who)(t), err)
}

type taskQuery struct {
	Page
	CompanyID uuid.UUID `query:"company_id" format:"uuid"`
	State     string    `query:"state" enum:"draft,published,awarded,completed,canceled"`
}

func (s *Server) tasks(ctx context.Context, in *taskQuery) (*out[list[task]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	who := access.Actor(ctx)
	all, err := s.cfg.Market.Tasks(ctx, who, market.TaskFilter{CompanyID: in.CompanyID, State: market.TaskState(in.State), Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(t market.Task) string { return t.ID.String() }, taskFor(who)), err)
}

func (s *Server) task(ctx context.Context, in *OfID) (*out[task], error) {
	who := access.Actor(ctx)
	t, err := s.cfg.Market.Task(ctx, who, in.ID)
	return answer(taskFor(who)(t), err)
}

func (s *Server) publishTask(ctx context.Context, in *act) (*out[task], error) {
	who := access.Actor(ctx)
	t, err := s.cfg.Market.PublishTask(ctx, who, in.ID)
	return answer(taskFor(who)(t), err)
}

type cancellation struct {
	OfID
	Body *struct {
		Reason string `json:"reason,omitempty" doc:"The other side is told" example:"We found nobody for it in time."`
	}
}

func (c cancellation) reason() string {
	if c.Body == nil {
		return ""
	}
	return c.Body.Reason
}

func (s *Server) cancelTask(ctx context.Context, in *cancellation) (*out[task], error) {
	who := access.Actor(ctx)
	t, err := s.cfg.Market.CancelTask(ctx, who, in.ID, in.reason())
	return answer(taskFor(who)(t), err)
}

// invitation asks one alumnus to look at one task.
type invitation struct {
	ID           uuid.UUID `json:"id" format:"uuid"`
	MembershipID uuid.UUID `json:"membership_id" format:"uuid"`
	State        string    `json:"state" enum:"sent,declined,answered"`
	CreatedAt    time.Time `json:"created_at"`
}

func invitationOf(i market.Invitation) invitation {
	return invitation{ID: i.ID, MembershipID: i.MembershipID, State: i.State, CreatedAt: i.CreatedAt}
}

func (s *Server) invitations(ctx context.Context, in *OfID) (*out[list[invitation]], error) {
	all, err := s.cfg.Market.Invitations(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, invitationOf), err)
}

type members struct {
	OfID
	Body struct {
		MembershipIDs []uuid.UUID `json:"membership_ids" format:"uuid" doc:"To a task also the ids of candidates from outside, as the list has them"`
	}
}

func (s *Server) invite(ctx context.Context, in *members) (*out[list[invitation]], error) {
	all, err := s.cfg.Market.Invite(ctx, access.Actor(ctx), in.ID, in.Body.MembershipIDs)
	return answer(whole(all, invitationOf), err)
}

func (s *Server) declineInvitation(ctx context.Context, in *act) (*nothing, error) {
	return nil, s.cfg.Market.DeclineInvitation(ctx, access.Actor(ctx), in.ID)
}
