package web

import (
	"context"
	"slices"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

// taskStates are the filters above the list, in the order of a task's life.
var taskStates = []market.TaskState{market.Draft, market.Published, market.Awarded, market.TaskCompleted, market.TaskCanceled}

func (v *visit) getTasks() error {
	state := market.TaskState(v.c.Query("state"))
	if !slices.Contains(taskStates, state) {
		state = ""
	}
	tasks, err := v.Market.Tasks(v.ctx, v.who, market.TaskFilter{CompanyID: v.company.ID, State: state, Before: v.before(), Limit: pageSize})
	if err != nil {
		return err
	}
	departments, err := v.departments()
	if err != nil {
		return err
	}
	older := ""
	if len(tasks) > 0 {
		older = v.older("/tasks", len(tasks), tasks[len(tasks)-1].ID)
	}
	arrived, err := v.arrivals()
	if err != nil {
		return err
	}
	return v.ok(tasksPage(taskList{arrivals: arrived, tasks: tasks, state: state, departments: departments, older: older, paged: v.before() != uuid.Nil, mayPost: v.may(market.PostTasks), mayLook: v.may(market.ClearCautions)}))
}

// departments are the names of the company's departments in the reader's language, by id.
func (v *visit) departments() (map[uuid.UUID]string, error) {
	if v.company.ID == uuid.Nil {
		return nil, nil
	}
	list, err := v.Market.DepartmentsEver(v.ctx, v.who, v.company.ID)
	names := make(map[uuid.UUID]string, len(list))
	for _, d := range list {
		names[d.ID] = departmentName(d, v.lang)
	}
	return names, err
}

// taskFacts are the few words about a task that stand under its title.
func taskFacts(ctx context.Context, t market.Task, departments map[uuid.UUID]string) []string {
	facts := []string{budgetText(ctx, t)}
	if t.Hourly != nil {
		facts = append(facts, hourlyText(ctx, *t.Hourly, t.Currency))
	}
	if t.DueOn != nil {
		facts = append(facts, ui.T(ctx, "task.due", "day", ui.ShortDay(ctx, *t.DueOn)))
	}
	if t.DepartmentID != nil {
		facts = append(facts, departments[*t.DepartmentID])
	}
	return facts
}

func budgetText(ctx context.Context, t market.Task) string {
	if t.Budget == nil {
		return ui.T(ctx, "task.budget.open")
	}
	return ui.T(ctx, "task.budget.upto", "amount", market.Money{Amount: *t.Budget, Currency: t.Currency})
}

// postPublish opens a draft, and asks people to look at it where some were chosen.
func (v *visit) postPublish() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	path := "/tasks/" + id.String()
	if _, err := v.Market.PublishTask(v.ctx, v.who, id); err != nil {
		return v.retreat(err, path)
	}
	chosen := v.chosenPeople()
	if len(chosen) == 0 {
		return v.to(path, "task.published")
	}
	if _, err := v.Market.Invite(v.ctx, v.who, id, chosen); err != nil {
		return v.retreat(err, path)
	}
	return v.to(path, "task.published.invited", "n", len(chosen))
}

// chosenPeople are whom a button or the boxes of a ranking name: one person, the first five, or those ticked.
func (v *visit) chosenPeople() []uuid.UUID {
	f := v.form()
	if only := f.ids("only"); len(only) > 0 {
		return only
	}
	if v.c.PostForm("do") == "top" {
		shown := f.ids("shown")
		return shown[:min(topFive, len(shown))]
	}
	return f.ids("invite")
}

// topFive is how many of a list the quickest button invites.
const topFive = 5

func (v *visit) postInvitations() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	path, chosen := "/tasks/"+id.String(), v.chosenPeople()
	if _, err := v.Market.Invite(v.ctx, v.who, id, chosen); err != nil {
		return v.retreat(err, path)
	}
	return v.to(path, "task.invited", "n", len(chosen))
}

func (v *visit) getCancel() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	t, err := v.Market.Task(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	if err := v.who.May(market.PostTasks, t.CompanyID); err != nil {
		return err
	}
	return v.ok(cancelPage(t, "", ui.Fault{}))
}

func (v *visit) postCancel() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	reason := v.form().text("reason")
	if _, err := v.Market.CancelTask(v.ctx, v.who, id, reason); err != nil {
		t, gone := v.Market.Task(v.ctx, v.who, id)
		if gone != nil {
			return gone
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return cancelPage(t, reason, f) })
	}
	return v.to("/tasks/"+id.String(), "task.canceled")
}
