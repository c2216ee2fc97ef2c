package mainjob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Money as the API writes it.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// A Milestone as the API writes it.
type Milestone struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	State string `json:"state"`
}

// A Contract as the API writes it.
type Contract struct {
	ID         string      `json:"id"`
	State      string      `json:"state"`
	Milestones []Milestone `json:"milestones"`
}

// A Candidate as the API writes it.
type Candidate struct {
	MembershipID string  `json:"membership_id"`
	Score        float64 `json:"score"`
	Parts        struct {
		Skills, Department, Tenure, Record float64
	} `json:"parts"`
	Reasons []any `json:"reasons"`
}

// Candidates is the ranked list with its certificate.
type Candidates struct {
	Items       []Candidate `json:"items"`
	Index       string      `json:"index"`
	Certificate struct {
		Exact  bool `json:"exact"`
		Rounds int  `json:"rounds"`
	} `json:"certificate"`
}

// A Reconciliation as the API writes it.
type Reconciliation struct {
	ID         string           `json:"id"`
	State      string           `json:"state"`
	Matched    int              `json:"matched"`
	Exceptions []any            `json:"exceptions"`
	Difference map[string]int64 `json:"difference"`
}

// A Walk is one run of the main job.
type Walk struct {
	Manager, Alumna, Finance *Client
	Title                    string // of the task; also what makes the walk's keys its own
	Skills                   []string
	Fee                      int64
	Parts                    int // milestones
	Today                    string
	CallOff                  bool              // the last part is paid for, and given back before it is delivered
	Before                   func(step string) // called before each of Steps; may be nil

	Task       string
	Membership string
	Candidates Candidates
	Bid        string
	Contract   Contract
	Result     Reconciliation
}

type id struct {
	ID string `json:"id"`
}

// Steps are the names of the walk's steps, in order.
var Steps = []string{"post", "publish", "rank", "invite", "bid", "accept the bid", "fund", "deliver", "accept the work", "be paid", "reconcile"}

// Run walks from posting to reconciliation.
func (w *Walk) Run(ctx context.Context) error { return w.RunTo(ctx, Steps[len(Steps)-1]) }

// RunTo walks from posting to a step, that one included.
func (w *Walk) RunTo(ctx context.Context, last string) error {
	do := []func(context.Context) error{w.post, w.publish, w.rank, w.invite, w.bid, w.acceptBid, w.fund, w.deliver, w.acceptWork, w.bePaid, w.Reconcile}
	for i, step := range Steps {
		if w.Before != nil {
			w.Before(step)
		}
		if err := do[i](ctx); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		if step == last {
			break
		}
	}
	return nil
}

// done forgives the answer that a request was carried out before the server died; the caller looks instead.
func done(err error) error {
	var r *Refusal
	if errors.As(err, &r) && r.Status == http.StatusConflict {
		return nil
	}
	return err
}

func (w *Walk) key(step string) string { return w.Title + " " + step }

func (w *Walk) post(ctx context.Context) error {
	skills := make([]map[string]any, len(w.Skills))
	for i, s := range w.Skills {
		skills[i] = map[string]any{"skill": s, "level": 1, "kind": "must"}
	}
	var t id
	err := w.Manager.Do(ctx, "POST", "/api/v1/tasks", w.key("post"), map[string]any{
		"company_id": w.Manager.Login.CompanyID, "title": w.Title, "brief": "**" + w.Title + "**", "skills": skills,
		"budget": Money{w.Fee, "JPY"}, "withholding_category": "profession", "visibility": map[string]any{"kind": "own_alumni"}}, &t)
	if w.Task = t.ID; err == nil && t.ID != "" {
		return nil
	}
	if err = done(err); err != nil {
		return err
	}
	return w.findTask(ctx)
}

// findTask looks for the task by its title, after an answer was lost.
func (w *Walk) findTask(ctx context.Context) error {
	var list struct {
		Items []struct{ ID, Title string } `json:"items"`
	}
	if err := w.Manager.Do(ctx, "GET", "/api/v1/tasks?limit=100", "", nil, &list); err != nil {
		return err
	}
	for _, t := range list.Items {
		if t.Title == w.Title {
			w.Task = t.ID
			return nil
		}
	}
	return fmt.Errorf("%q was posted and is not there", w.Title)
}

func (w *Walk) publish(ctx context.Context) error {
	return done(w.Manager.Do(ctx, "POST", "/api/v1/tasks/"+w.Task+"/publish", w.key("publish"), struct{}{}, nil))
}

func (w *Walk) rank(ctx context.Context) error {
	var me struct {
		Grants []struct {
			CompanyID    string `json:"company_id"`
			Role         string `json:"role"`
			MembershipID string `json:"membership_id"`
		} `json:"grants"`
	}
	if err := w.Alumna.Do(ctx, "GET", "/api/v1/me", "", nil, &me); err != nil {
		return err
	}
	for _, g := range me.Grants {
		if g.Role == "alumnus" && g.CompanyID == w.Manager.Login.CompanyID {
			w.Membership = g.MembershipID
		}
	}
	if err := w.Manager.Do(ctx, "GET", "/api/v1/tasks/"+w.Task+"/candidates?limit=20", "", nil, &w.Candidates); err != nil {
		return err
	}
	if len(w.Candidates.Items) == 0 || !w.Candidates.Certificate.Exact {
		return fmt.Errorf("no exact list: %+v", w.Candidates.Certificate)
	}
	return nil
}

func (w *Walk) invite(ctx context.Context) error {
	return done(w.Manager.Do(ctx, "POST", "/api/v1/tasks/"+w.Task+"/invitations", w.key("invite"), map[string]any{"membership_ids": []string{w.Membership}}, nil))
}

func (w *Walk) bid(ctx context.Context) error {
	day, err := time.Parse(time.DateOnly, w.Today)
	if err != nil {
		return err
	}
	due := day.AddDate(0, 0, 20).Format(time.DateOnly)
	parts := make([]map[string]any, max(w.Parts, 1))
	for i := range parts {
		amount := w.Fee / int64(len(parts))
		if i == 0 {
			amount += w.Fee % int64(len(parts))
		}
		parts[i] = map[string]any{"title": fmt.Sprintf("Part %d", i+1), "amount": Money{amount, "JPY"}, "due_on": due}
	}
	err = w.Alumna.Do(ctx, "POST", "/api/v1/tasks/"+w.Task+"/bids", w.key("bid"),
		map[string]any{"message": "I know this work.", "amount": Money{w.Fee, "JPY"}, "milestones": parts, "deliver_on": due}, nil)
	if err = done(err); err != nil {
		return err
	}
	var list struct{ Items []id }
	if err := w.Manager.Do(ctx, "GET", "/api/v1/tasks/"+w.Task+"/bids", "", nil, &list); err != nil {
		return err
	}
	if len(list.Items) != 1 {
		return fmt.Errorf("%d bids where one was made", len(list.Items))
	}
	w.Bid = list.Items[0].ID
	return nil
}

func (w *Walk) acceptBid(ctx context.Context) error {
	if err := done(w.Manager.Do(ctx, "POST", "/api/v1/bids/"+w.Bid+"/accept", w.key("accept bid"), map[string]any{"version": 1}, nil)); err != nil {
		return err
	}
	var list struct{ Items []Contract }
	if err := w.Manager.Do(ctx, "GET", "/api/v1/contracts?task_id="+w.Task, "", nil, &list); err != nil {
		return err
	}
	if len(list.Items) != 1 {
		return fmt.Errorf("%d contracts where one was made", len(list.Items))
	}
	w.Contract = list.Items[0]
	return w.look(ctx)
}

// look reads the contract anew.
func (w *Walk) look(ctx context.Context) error {
	return w.Manager.Do(ctx, "GET", "/api/v1/contracts/"+w.Contract.ID, "", nil, &w.Contract)
}
