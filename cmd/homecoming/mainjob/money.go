package mainjob

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// fund pays for each milestone on the checkout page, as a person does.
func (w *Walk) fund(ctx context.Context) error {
	for i, m := range w.Contract.Milestones {
		if err := w.pay(ctx, i, m); err != nil {
			return err
		}
		if err := w.until(ctx, i, "funded", "in_progress"); err != nil {
			return err
		}
	}
	return nil
}

func (w *Walk) pay(ctx context.Context, i int, m Milestone) error {
	for ctx.Err() == nil {
		var f struct {
			CheckoutURL string `json:"checkout_url"`
		}
		err := done(w.Manager.Do(ctx, "POST", "/api/v1/milestones/"+m.ID+"/fund", "", struct{}{}, &f))
		if err != nil {
			return err
		}
		if f.CheckoutURL != "" {
			return w.Manager.PressFirstButton(ctx, f.CheckoutURL)
		}
		// The outcome is unknown for now, or it is funded already: look, and ask again.
		if err := w.look(ctx); err != nil || w.Contract.Milestones[i].State == "funded" {
			return err
		}
		time.Sleep(pause)
	}
	return ctx.Err()
}

// parts are the milestones that are delivered.
func (w *Walk) parts() []Milestone {
	if w.CallOff {
		return w.Contract.Milestones[:len(w.Contract.Milestones)-1]
	}
	return w.Contract.Milestones
}

// deliver starts and submits each milestone that was not called off.
func (w *Walk) deliver(ctx context.Context) error {
	if err := w.callOff(ctx); err != nil {
		return err
	}
	for i, m := range w.parts() {
		if err := done(w.Alumna.Do(ctx, "POST", "/api/v1/milestones/"+m.ID+"/start", w.key("start "+m.ID), struct{}{}, nil)); err != nil {
			return err
		}
		if err := done(w.Alumna.Do(ctx, "POST", "/api/v1/milestones/"+m.ID+"/submit", w.key("submit "+m.ID), map[string]any{"message": "Here it is."}, nil)); err != nil {
			return err
		}
		if err := w.until(ctx, i, "submitted"); err != nil {
			return err
		}
	}
	return nil
}

// callOff takes the money of the last part back, if the walk says so.
func (w *Walk) callOff(ctx context.Context) error {
	if !w.CallOff {
		return nil
	}
	last := len(w.Contract.Milestones) - 1
	m := w.Contract.Milestones[last]
	err := done(w.Manager.Do(ctx, "POST", "/api/v1/milestones/"+m.ID+"/refund", w.key("refund "+m.ID), map[string]any{"message": "Not needed any more."}, nil))
	if err != nil {
		return err
	}
	return w.until(ctx, last, "refunded")
}

func (w *Walk) acceptWork(ctx context.Context) error {
	for i, m := range w.parts() {
		if err := done(w.Manager.Do(ctx, "POST", "/api/v1/milestones/"+m.ID+"/accept", w.key("accept "+m.ID), struct{}{}, nil)); err != nil {
			return err
		}
		if err := w.until(ctx, i, "released", "paid"); err != nil {
			return err
		}
	}
	return nil
}

func (w *Walk) bePaid(ctx context.Context) error {
	for i := range w.parts() {
		if err := w.until(ctx, i, "paid"); err != nil {
			return err
		}
	}
	return nil
}

// until waits for a milestone to come to one of the states.
func (w *Walk) until(ctx context.Context, i int, states ...string) error {
	for {
		if err := w.look(ctx); err != nil {
			return err
		}
		if slices.Contains(states, w.Contract.Milestones[i].State) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("milestone %d is %s, not %v: %w", i+1, w.Contract.Milestones[i].State, states, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// Reconcile compares the books of the last month with Stripe and wants no difference.
func (w *Walk) Reconcile(ctx context.Context) error {
	day, err := time.Parse(time.DateOnly, w.Today)
	if err != nil {
		return err
	}
	var r id
	err = w.Finance.Do(ctx, "POST", "/api/v1/reconciliations", "", map[string]any{
		"from": day.AddDate(0, 0, -31).Format(time.DateOnly), "to": day.AddDate(0, 0, 1).Format(time.DateOnly)}, &r)
	if err != nil {
		return err
	}
	for {
		if err := w.Finance.Do(ctx, "GET", "/api/v1/reconciliations/"+r.ID, "", nil, &w.Result); err != nil {
			return err
		}
		switch w.Result.State {
		case "succeeded":
			return w.agrees()
		case "failed":
			return fmt.Errorf("the reconciliation failed: %+v", w.Result)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the reconciliation is %s: %w", w.Result.State, ctx.Err())
		case <-time.After(pause):
		}
	}
}

func (w *Walk) agrees() error {
	for currency, d := range w.Result.Difference {
		if d != 0 {
			return fmt.Errorf("the books differ from Stripe by %d %s: %+v", d, currency, w.Result.Exceptions)
		}
	}
	if len(w.Result.Exceptions) != 0 || w.Result.Matched == 0 {
		return fmt.Errorf("%d matched, exceptions %+v", w.Result.Matched, w.Result.Exceptions)
	}
	return nil
}

// PressFirstButton opens a hosted page and posts its first form as it is.
func (c *Client) PressFirstButton(ctx context.Context, page string) error {
	return c.PressWith(ctx, page, nil)
}

// PressWith is PressFirstButton by a person who writes something else into some of the fields first.
func (c *Client) PressWith(ctx context.Context, page string, written map[string]string) error {
	res, err := c.get(ctx, page)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	action, fields, err := firstForm(res.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	for name, text := range written {
		fields.Set(name, text)
	}
	at, err := res.Request.URL.Parse(action)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The page it returns to is the program's own and may be down just now; the payment is made all the same.
	once := &http.Client{Jar: c.HTTP.Jar, Timeout: c.HTTP.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	posted, err := once.Do(req)
	if err != nil {
		return err
	}
	defer posted.Body.Close()
	if posted.StatusCode >= 400 {
		return fmt.Errorf("%s answered %s", at, posted.Status)
	}
	return nil
}

func (c *Client) get(ctx context.Context, page string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, err
	}
	return c.HTTP.Do(req)
}

// firstForm reads the address and the prefilled fields of a page's first form.
func firstForm(page io.Reader) (action string, fields url.Values, err error) {
	root, err := html.Parse(page)
	if err != nil {
		return "", nil, err
	}
	var form *html.Node
	for n := range root.Descendants() {
		if n.Data == "form" {
			form = n
			break
		}
	}
	if form == nil {
		return "", nil, fmt.Errorf("there is no form")
	}
	fields = url.Values{}
	for n := range form.Descendants() {
		if n.Data == "input" && attr(n, "name") != "" {
			fields.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	return attr(form, "action"), fields, nil
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Onboard completes the login's payout account on the hosted page and waits until it can take money.
func (c *Client) Onboard(ctx context.Context) error {
	var page struct {
		URL string `json:"onboarding_url"`
	}
	if err := c.Do(ctx, "POST", "/api/v1/me/payout-account", "", struct{}{}, &page); err != nil {
		return err
	}
	if err := c.PressFirstButton(ctx, page.URL); err != nil {
		return err
	}
	for {
		var account struct {
			State string `json:"state"`
		}
		if err := c.Do(ctx, "GET", "/api/v1/me/payout-account", "", nil, &account); err != nil {
			return err
		}
		if account.State == "active" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the payout account is %s: %w", account.State, ctx.Err())
		case <-time.After(pause):
		}
	}
}
