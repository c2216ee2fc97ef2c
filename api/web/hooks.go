package web

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const hooksPath = "/settings/webhooks"

// A hookForm is a webhook as it was typed.
type hookForm struct {
	url, note string
	about     []string
}

// A hooksView is the page of a company's webhooks.
type hooksView struct {
	list []market.Webhook
	form hookForm
}

// A hookView is the page of one webhook.
type hookView struct {
	market.Webhook
	form   hookForm
	told   []market.Delivery
	state  market.DeliveryState // of those that are listed; empty: of any
	older  string
	paged  bool
	secret string // of one that is new, shown this once
}

func hookAddress(id uuid.UUID) string { return hooksPath + "/" + id.String() }

func (v *visit) readHook() hookForm {
	f := v.form()
	return hookForm{f.text("url"), f.text("note"), v.c.PostFormArray("about")}
}

func (h hookForm) edit() market.WebhookEdit {
	return market.WebhookEdit{URL: &h.url, Note: &h.note, About: &h.about}
}

func (v *visit) getHooks() error {
	list, err := v.Market.Webhooks(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(hooksPage(hooksView{list: list}, ui.Fault{}))
}

// postHook makes a webhook and shows its secret, which cannot be done again: so there is no redirect here.
func (v *visit) postHook() error {
	typed := v.readHook()
	w, secret, wrong := v.Market.CreateWebhook(v.ctx, v.who, v.company.ID, typed.edit())
	if wrong == nil {
		return v.showHook(w.ID, secret)
	}
	list, err := v.Market.Webhooks(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.refuse(wrong, func(f ui.Fault) templ.Component { return hooksPage(hooksView{list, typed}, f) })
}

func (v *visit) getHook() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	return v.showHook(id, "")
}

func (v *visit) showHook(id uuid.UUID, secret string) error {
	h, err := v.hook(id)
	if err != nil {
		return err
	}
	h.secret = secret
	return v.ok(hookPage(h, ui.Fault{}))
}

func (v *visit) hook(id uuid.UUID) (h hookView, err error) {
	if h.Webhook, err = v.Market.Webhook(v.ctx, v.who, id); err != nil {
		return h, err
	}
	h.form = hookForm{h.URL, h.Note, h.About}
	h.state, h.paged = market.DeliveryState(v.c.Query("state")), v.c.Query("before") != ""
	if h.told, err = v.Market.Deliveries(v.ctx, v.who, id, market.DeliveryQuery{State: h.state, Before: v.before(), Limit: pageSize}); err != nil {
		return h, err
	}
	if n := len(h.told); n == pageSize {
		h.older = hookAddress(id) + "?state=" + string(h.state) + "&before=" + h.told[n-1].ID.String()
	}
	return h, nil
}

func (v *visit) postEditHook() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	typed := v.readHook()
	_, wrong := v.Market.EditWebhook(v.ctx, v.who, id, typed.edit())
	if wrong == nil {
		return v.to(hookAddress(id), "hooks.saved")
	}
	h, err := v.hook(id)
	if err != nil {
		return err
	}
	h.form = typed
	return v.refuse(wrong, func(f ui.Fault) templ.Component { return hookPage(h, f) })
}

// postHookStep does what one of a webhook's buttons says.
func (v *visit) postHookStep() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := v.Market.Webhook(v.ctx, v.who, id); err != nil {
		return err // whatever the button is
	}
	do := v.form().text("do")
	if do == "rotate" {
		_, secret, err := v.Market.RotateWebhook(v.ctx, v.who, id)
		if err != nil {
			return v.retreat(err, hookAddress(id))
		}
		return v.showHook(id, secret)
	}
	if err := v.hookStep(id, do); err != nil {
		return v.retreat(err, hookAddress(id))
	}
	if do == "remove" {
		return v.to(hooksPath, "hooks.did.remove")
	}
	return v.to(hookAddress(id), "hooks.did."+do)
}

func (v *visit) hookStep(id uuid.UUID, do string) (err error) {
	switch do {
	case "try":
		_, err = v.Market.TryWebhook(v.ctx, v.who, id)
	case "on", "paused":
		to := market.WebhookState(do)
		_, err = v.Market.EditWebhook(v.ctx, v.who, id, market.WebhookEdit{State: &to})
	case "replay":
		_, err = v.Market.ReplayFailed(v.ctx, v.who, id, time.Time{})
	case "remove":
		err = v.Market.RemoveWebhook(v.ctx, v.who, id)
	default:
		err = market.ErrNotOneOf.On("do").With("value", do).With("allowed", "try, on, paused, replay, rotate, remove")
	}
	return err
}

func (v *visit) postReplay() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	d, err := v.Market.ReplayDelivery(v.ctx, v.who, id)
	if err != nil {
		return v.retreat(err, hooksPath)
	}
	return v.to(hookAddress(d.WebhookID), "hooks.did.replay")
}

func hookMark(w market.Webhook) ui.Mark {
	m := ui.Mark{Text: "hooks.state." + string(w.State)}
	switch {
	case w.State == market.WebhookOff:
		m.Tone = ui.Bad
	case w.State == market.WebhookOn && w.FailingSince != nil:
		m.Text, m.Tone = "hooks.state.failing", ui.Warn
	case w.State == market.WebhookOn:
		m.Tone = ui.Good
	}
	return m
}

func deliveryMark(d market.Delivery) ui.Mark {
	m := ui.Mark{Text: "hooks.told." + string(d.State)}
	switch {
	case d.State == market.DeliveryFails:
		m.Tone = ui.Bad
	case d.State == market.Delivered:
		m.Tone = ui.Good
	case d.Attempts > 0:
		m.Tone = ui.Warn
	}
	return m
}

// inWords puts a mark's key into the reader's language.
func inWords(ctx context.Context, m ui.Mark) ui.Mark {
	m.Text = ui.T(ctx, m.Text)
	return m
}

// deliveryLine says what came of the last call.
func deliveryLine(ctx context.Context, d market.Delivery) string {
	switch {
	case d.TriedAt == nil:
		return ""
	case d.Status != 0:
		return strconv.Itoa(d.Status) + " · " + strconv.Itoa(d.TookMS) + " ms"
	}
	return d.Trouble.In(ui.FrameOf(ctx).Language)
}

func (h hookView) tabs(ctx context.Context) []ui.Link {
	var list []ui.Link
	for _, s := range []market.DeliveryState{"", market.DeliveryWaits, market.DeliveryFails, market.Delivered} {
		key := "hooks.told." + string(s)
		if s == "" {
			key = "log.all"
		}
		list = append(list, ui.Link{Href: hookAddress(h.ID) + "?state=" + string(s), Label: ui.T(ctx, key), Current: s == h.state})
	}
	return list
}

// hookFacts says what a webhook is told of, and how far its deliveries are.
func hookFacts(ctx context.Context, w market.Webhook) (facts []string) {
	for _, n := range w.About {
		facts = append(facts, ui.T(ctx, "log.noun."+n))
	}
	if w.Waiting > 0 {
		facts = append(facts, ui.T(ctx, "hooks.waiting", "n", w.Waiting))
	}
	if w.Failed > 0 {
		facts = append(facts, ui.T(ctx, "hooks.failed", "n", w.Failed))
	}
	return facts
}

// deliveryWords is what happened, in the words of the log.
func deliveryWords(ctx context.Context, d market.Delivery) string {
	line := market.LogLine{Action: d.Action}
	return logWord(ctx, "log.noun.", line.Noun()) + " · " + logWord(ctx, "log.verb.", line.Verb())
}
