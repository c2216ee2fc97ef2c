package web

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
	"homecoming/matching"
)

// A skillRow is one wanted skill as it stands in the form. Kind is must, strict or nice.
type skillRow struct{ Skill, Level, Kind string }

// A taskForm is everything on the page where a task is written, as it was typed.
type taskForm struct {
	id         uuid.UUID // uuid.Nil for a new one
	version    int
	state      market.TaskState
	title      string
	brief      string
	department string
	budget     string
	dueOn      string
	pay        string // fixed or hourly
	hours      hourForm
	category   string
	visibility string
	rule       ruleForm
	skills     []skillRow

	paidFrom    string
	departments []market.Department
	budgets     []market.Budget
	partners    []market.Partnership
	suggested   []ui.Option  // skills that the text speaks of and that are not there yet
	unclear     []unclearRow // rows whose word means several skills
	options     []string     // completions for the skill that is being typed
	ranked      ranked
	audience    matching.Reached
}

// An unclearRow is a row of the form whose word means several skills, with these to choose from.
type unclearRow struct {
	row     int
	words   string
	choices []ui.Option
}

const maxSkillRows = 12

// How a task is paid, as its form says it.
const (
	payFixed  = "fixed"
	payHourly = "hourly"
)

// readTask reads the form, whatever state it is in.
func (v *visit) readTask() taskForm {
	f := v.form()
	t := taskForm{id: f.uuid("task"), version: f.number("version"), state: market.TaskState(f.text("state")), title: f.text("title"), brief: v.c.PostForm("brief"),
		department: f.text("department"), paidFrom: f.text("paid_from"), budget: f.text("budget"), dueOn: f.text("due_on"), pay: cmp.Or(f.text("pay"), payFixed), hours: f.hours(), category: f.text("withholding_category"),
		visibility: f.text("visibility.kind"), rule: v.readRule()}
	for i := range maxSkillRows {
		name := "skills[" + strconv.Itoa(i) + "]"
		if skill := f.text(name + ".skill"); skill != "" {
			t.skills = append(t.skills, skillRow{skill, f.text(name + ".level"), f.text(name + ".kind")})
		}
	}
	if row, name, chosen := strings.Cut(f.text("choose"), ":"); chosen { // which of several skills a word means
		if i, err := strconv.Atoi(row); err == nil && i >= 0 && i < len(t.skills) {
			t.skills[i].Skill = name
		}
	}
	if add := f.text("add"); add != "" && len(t.skills) < maxSkillRows {
		t.skills = append(t.skills, skillRow{add, "2", "must"})
	}
	return t
}

// draft is what the form means. The error is about what cannot be read; the rules are asked by market.
func (v *visit) draft(t taskForm) (market.TaskDraft, error) {
	f := v.form()
	d := market.TaskDraft{CompanyID: v.company.ID, Title: t.title, Brief: t.brief, Department: t.department, WithholdingCategory: t.category, PaidFrom: t.paidFrom,
		Budget: f.money("budget", v.company.Currency), DueOn: f.day("due_on"),
		Visibility: t.rule.draft(market.VisibilityKind(t.visibility))}
	if t.pay == payHourly {
		hourly, err := t.hours.hourly(v.company.Currency)
		if err != nil {
			f.fail(err)
		}
		d.Hourly = hourly
	}
	if d.Visibility.Kind == market.Named {
		d.Visibility.MembershipIDs = f.ids("invite")
	}
	for _, row := range t.skills {
		n, _ := strconv.Atoi(row.Level)
		w := market.WantedSkill{Skill: row.Skill, Level: n, Kind: market.Must, Strict: row.Kind == "strict"}
		if row.Kind == "nice" {
			w.Kind = market.Nice
		}
		d.Skills = append(d.Skills, w)
	}
	return d, f.err
}

// complete adds what the program has to say about what was typed: departments, suggestions and who fits.
func (v *visit) complete(t taskForm) (taskForm, error) {
	var err error
	if t.departments, err = v.Market.Departments(v.ctx, v.who, v.company.ID); err != nil {
		return t, err
	}
	if t.budgets, err = v.Market.Budgets(v.ctx, v.who, v.company.ID); err != nil {
		return t, err
	}
	if t.partners, err = v.partners(); err != nil {
		return t, err
	}
	if err := v.suggest(&t); err != nil {
		return t, err
	}
	d, _ := v.draft(t)
	if t.audience, err = v.Matching.Reaches(v.ctx, v.who, d); err != nil {
		return t, err
	}
	if len(t.skills) == 0 {
		return t, nil
	}
	if d.Visibility.Kind == market.Named {
		d.Visibility.Kind = market.OwnAlumni // choose from everybody; only those chosen will see it
	}
	r, err := v.Matching.RankDraft(v.ctx, v.who, d, matching.Query{Limit: 10})
	if err != nil {
		return t, err
	}
	t.ranked = v.rank(r, nil)
	v.keepChoice(t.ranked.people)
	return t, nil
}

// keepChoice ticks whom the manager ticked. Somebody new in the list is ticked while among the first five.
func (v *visit) keepChoice(people []ui.Candidate) {
	ticked, shown := v.c.PostFormArray("invite"), v.c.PostFormArray("shown")
	for i := range people {
		p := &people[i]
		p.Checked = has(ticked, p.ID) || !has(shown, p.ID) && i < topFive
	}
}

// suggest finds the skills that title and brief speak of, and completes those being typed.
func (v *visit) suggest(t *taskForm) error {
	found, err := v.Matching.SuggestSkills(v.ctx, v.company.ID, t.title+"\n"+t.brief, maxSkillRows)
	if err != nil {
		return err
	}
	x, err := v.Matching.Skills(v.ctx, v.company.ID)
	if err != nil {
		return err
	}
	for _, m := range found {
		o := v.meaning(x, m.ID)
		if !m.Ambiguous {
			o.Label = skillIn(x, v.lang, m.ID, m.Text)
		}
		if !t.wants(m.ID, m.Text, o.Value) {
			t.suggested = append(t.suggested, o)
		}
	}
	for i, row := range t.skills {
		if several := x.Ambiguous(row.Skill); len(several) > 0 {
			t.unclear = append(t.unclear, unclearRow{i, row.Skill, v.meanings(x, row.Skill)})
		}
		skills, err := v.Matching.SearchSkills(v.ctx, v.company.ID, row.Skill, 6)
		if err != nil {
			return err
		}
		for _, s := range skills {
			t.options = append(t.options, inLanguage(v.lang, s.NameEN, s.NameJA))
		}
	}
	return nil
}

// wants reports whether the form names the skill already, by any of these names.
func (t taskForm) wants(names ...string) bool {
	for _, row := range t.skills {
		for _, name := range names {
			if strings.EqualFold(row.Skill, name) {
				return true
			}
		}
	}
	return false
}

func (v *visit) getNewTask() error {
	t, err := v.complete(taskForm{title: v.c.Query("title"), brief: v.c.Query("brief"), category: "none", pay: payFixed, hours: usualHours(ui.Today(v.ctx)), visibility: string(market.OwnAlumni)})
	if err != nil {
		return err
	}
	return v.ok(taskFormPage(t, ui.Fault{}))
}

func (v *visit) getEditTask() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	task, err := v.Market.Task(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	if err := v.who.May(market.PostTasks, task.CompanyID); err != nil {
		return err
	}
	t, err := v.formOf(task)
	if err != nil {
		return err
	}
	if t, err = v.complete(t); err != nil {
		return err
	}
	return v.ok(taskFormPage(t, ui.Fault{}))
}

// formOf is the form that would post the task as it stands.
func (v *visit) formOf(task market.Task) (taskForm, error) {
	t := taskForm{id: task.ID, version: task.Version, state: task.State, title: task.Title, brief: task.Brief, dueOn: dayText(task.DueOn),
		category: task.WithholdingCategory, visibility: string(task.Visibility.Kind), pay: payFixed, hours: usualHours(ui.Today(v.ctx))}
	if task.Hourly != nil {
		t.pay, t.hours = payHourly, formOfHours(*task.Hourly, task.Currency)
	}
	if task.Budget != nil {
		t.budget = figures(&market.Money{Amount: *task.Budget, Currency: task.Currency})
	}
	if task.PaidFrom != nil {
		t.paidFrom = task.PaidFrom.String()
	}
	if task.DepartmentID != nil {
		t.department = task.DepartmentID.String()
	}
	t.rule = v.ruleOf(task.Visibility)
	names, err := v.skillNames(task)
	for _, s := range task.Skills {
		row := skillRow{names[s.SkillID], strconv.Itoa(s.Level), string(s.Kind)}
		if s.Strict {
			row.Kind = "strict"
		}
		t.skills = append(t.skills, row)
	}
	return t, err
}

// postPreview shows the form again with everything that is known about it, and saves nothing.
func (v *visit) postPreview() error {
	t, err := v.complete(v.readTask())
	if err != nil {
		return err
	}
	return v.ok(taskFormPage(t, ui.Fault{}))
}

func (v *visit) postNewTask() error {
	if v.onlyLooking() {
		return v.postPreview()
	}
	t := v.readTask()
	d, err := v.draft(t)
	if err != nil {
		return v.again(t, err)
	}
	task, err := v.Market.PostTask(v.ctx, v.who, d)
	if err != nil {
		return v.again(t, err)
	}
	return v.afterSaving(task)
}

func (v *visit) postEditTask() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if v.onlyLooking() {
		return v.postPreview()
	}
	t := v.readTask()
	d, err := v.draft(t)
	if err != nil {
		return v.again(t, err)
	}
	task, err := v.Market.EditTask(v.ctx, v.who, id, t.version, d)
	if err != nil {
		return v.again(t, err)
	}
	return v.afterSaving(task)
}

// onlyLooking tells the buttons that save nothing from those that do.
func (v *visit) onlyLooking() bool {
	return v.c.PostForm("do") == "look" || v.c.PostForm("add") != "" || v.c.PostForm("choose") != ""
}

// afterSaving does what the button promised beyond saving.
func (v *visit) afterSaving(task market.Task) error {
	path := "/tasks/" + task.ID.String()
	if v.c.PostForm("do") == "save" {
		return v.to(path, "task.saved")
	}
	if task.State == market.Draft {
		if _, err := v.Market.PublishTask(v.ctx, v.who, task.ID); err != nil {
			return v.retreat(err, path)
		}
	}
	chosen := v.form().ids("invite")
	if v.c.PostForm("do") != "invite" || len(chosen) == 0 {
		return v.to(path, "task.published")
	}
	if _, err := v.Market.Invite(v.ctx, v.who, task.ID, chosen); err != nil {
		return v.retreat(err, path)
	}
	return v.to(path, "task.published.invited", "n", len(chosen))
}

// again shows the form with what is wrong with it, as it was typed.
func (v *visit) again(t taskForm, wrong error) error {
	full, err := v.complete(t)
	if err != nil {
		return err
	}
	return v.refuse(wrong, func(f ui.Fault) templ.Component { return taskFormPage(full, f) })
}
