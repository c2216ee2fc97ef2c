package web

import (
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

// answersPath is where a question about a task is answered for everybody.
func answersPath(task uuid.UUID) string { return taskPath(task) + "/answers" }

// answerMessagePath is the same, for the question that a message asks.
func answerMessagePath(t market.Thread, number int) string {
	return answersPath(t.SubjectID) + "?thread=" + t.ID.String() + "&message=" + strconv.Itoa(number)
}

// A clarifyForm is a question and its answer as they are typed.
type clarifyForm struct {
	task             market.Task
	corrects         uuid.UUID // the answer that is given anew; uuid.Nil for a new one
	question, answer string
}

// clarifyForm reads the task, and what is to be corrected.
func (v *visit) clarifyForm(corrects uuid.UUID) (clarifyForm, error) {
	form := clarifyForm{corrects: corrects}
	id, err := v.id()
	if err != nil {
		return form, err
	}
	if form.task, err = v.Market.Task(v.ctx, v.who, id); err != nil {
		return form, err
	}
	if err := v.who.May(market.PostTasks, form.task.CompanyID); err != nil || corrects == uuid.Nil {
		return form, err
	}
	list, err := v.Market.Clarifications(v.ctx, v.who, id)
	for _, c := range list {
		if c.ID == corrects {
			form.question, form.answer = c.Question, c.Answer
			return form, err
		}
	}
	if err == nil {
		err = market.ErrNotFound
	}
	return form, err
}

func (v *visit) getClarify() error {
	corrects, _ := uuid.Parse(v.c.Query("correct"))
	form, err := v.clarifyForm(corrects)
	if err != nil {
		return err
	}
	if thread, err := uuid.Parse(v.c.Query("thread")); err == nil && corrects == uuid.Nil {
		number, _ := strconv.Atoi(v.c.Query("message"))
		asked, err := v.Market.Messages(v.ctx, v.who, thread, number+1, 1)
		if err != nil {
			return err
		}
		if len(asked) == 1 {
			form.question = asked[0].Body
		}
	}
	return v.ok(clarifyPage(form, ui.Fault{}))
}

func (v *visit) postClarify() error {
	f := v.form()
	form, err := v.clarifyForm(f.uuid("corrects"))
	if err != nil {
		return err
	}
	form.answer = v.c.PostForm("answer")
	if form.corrects == uuid.Nil {
		form.question = f.text("question")
		_, err = v.Market.Clarify(v.ctx, v.who, form.task.ID, form.question, form.answer)
	} else {
		_, err = v.Market.CorrectClarification(v.ctx, v.who, form.corrects, form.answer)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return clarifyPage(form, fault) })
	}
	return v.to(taskPath(form.task.ID)+"#answers", "clarify.done")
}

// answerable reports whether a message asks what its reader may answer for everybody.
func (t talkView) answerable(m market.Message) bool {
	return t.Kind == market.AboutTask && m.Side == market.ByAlumnus && m.Body != "" && t.who.May(market.PostTasks, t.CompanyID) == nil
}
