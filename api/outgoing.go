package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// outgoing is a webhook of a company's: an address of its own that is told what happens there.
type outgoing struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	URL          string     `json:"url"`
	Note         string     `json:"note"`
	About        []string   `json:"about" doc:"What it is told of: the nouns before the dot of an event's *type*"`
	State        string     `json:"state" enum:"on,paused,off" doc:"*off*: it answered no call for five days, or said 410. What happens while it is not on, it is never told"`
	FailingSince *time.Time `json:"failing_since" doc:"Null: the last call went well"`
	OldUntil     *time.Time `json:"old_secret_until" doc:"Until when calls are signed by the secret before, too"`
	Waiting      int        `json:"waiting" doc:"Deliveries on their way"`
	Failed       int        `json:"failed" doc:"Deliveries that were given up"`
	CreatedAt    time.Time  `json:"created_at"`
}

func outgoingOf(w market.Webhook) outgoing {
	return outgoing{ID: w.ID, URL: w.URL, Note: w.Note, About: orEmpty([]string(w.About)), State: string(w.State), FailingSince: w.FailingSince, OldUntil: w.OldUntil,
		Waiting: w.Waiting, Failed: w.Failed, CreatedAt: w.CreatedAt}
}

// outgoingSecret is a webhook with its secret, shown this once.
type outgoingSecret struct {
	outgoing
	Secret string `json:"secret" doc:"Keep it: it is not shown again" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"`
}

func (s *Server) outgoings(ctx context.Context, in *OfID) (*out[list[outgoing]], error) {
	all, err := s.cfg.Market.Webhooks(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, outgoingOf), err)
}

func (s *Server) outgoing(ctx context.Context, in *OfID) (*out[outgoing], error) {
	w, err := s.cfg.Market.Webhook(ctx, access.Actor(ctx), in.ID)
	return answer(outgoingOf(w), err)
}

type newOutgoing struct {
	OfID
	Body struct {
		URL   string   `json:"url" example:"https://example.co.jp/hooks/homecoming" doc:"On the public Internet, by https"`
		About []string `json:"about" example:"bid"`
		Note  string   `json:"note,omitempty"`
	}
}

func (s *Server) createOutgoing(ctx context.Context, in *newOutgoing) (*made[outgoingSecret], error) {
	w, secret, err := s.cfg.Market.CreateWebhook(ctx, access.Actor(ctx), in.ID, market.WebhookEdit{URL: &in.Body.URL, About: &in.Body.About, Note: &in.Body.Note})
	if err != nil {
		return nil, err
	}
	return created("/outgoing-webhooks/"+w.ID.String(), outgoingSecret{outgoingOf(w), secret}), nil
}

type outgoingEdit struct {
	OfID
	Body struct {
		URL   *string   `json:"url,omitempty"`
		About *[]string `json:"about,omitempty"`
		Note  *string   `json:"note,omitempty"`
		State *string   `json:"state,omitempty" enum:"on,paused"`
	}
}

func (s *Server) editOutgoing(ctx context.Context, in *outgoingEdit) (*out[outgoing], error) {
	w, err := s.cfg.Market.EditWebhook(ctx, access.Actor(ctx), in.ID, market.WebhookEdit{URL: in.Body.URL, About: in.Body.About, Note: in.Body.Note,
		State: (*market.WebhookState)(in.Body.State)})
	return answer(outgoingOf(w), err)
}

func (s *Server) removeOutgoing(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.RemoveWebhook(ctx, access.Actor(ctx), in.ID)
}

func (s *Server) rotateOutgoing(ctx context.Context, in *OfID) (*out[outgoingSecret], error) {
	w, secret, err := s.cfg.Market.RotateWebhook(ctx, access.Actor(ctx), in.ID)
	return answer(outgoingSecret{outgoingOf(w), secret}, err)
}

// delivery is one thing that a webhook was told, or is about to be.
type delivery struct {
	ID      uuid.UUID  `json:"id" format:"uuid"`
	EventID uuid.UUID  `json:"event_id" format:"uuid" doc:"The *webhook-id* of each of its calls"`
	Type    string     `json:"type" example:"bid.accept"`
	Subject string     `json:"subject" example:"bid:018f2c5e-0000-7000-8000-000000000000"`
	At      time.Time  `json:"at" doc:"When it happened"`
	State   string     `json:"state" enum:"waiting,delivered,failed"`
	Calls   int        `json:"calls" doc:"That were made, since it was last asked for"`
	NextAt  *time.Time `json:"next_at" doc:"When the next one is due"`
	TriedAt *time.Time `json:"tried_at"`
	Status  *int       `json:"status" doc:"Of the last answer; null where none came"`
	Trouble string     `json:"trouble" enum:",status,redirect,private,tls,timeout,unreachable" doc:"Why the last call failed"`
	TookMS  int        `json:"took_ms" doc:"Milliseconds"`
}

func deliveryOf(d market.Delivery) delivery {
	v := delivery{ID: d.ID, EventID: d.EventID, Type: d.Action, Subject: d.Subject, At: d.At, State: string(d.State), Calls: d.Attempts, NextAt: d.NextAt, TriedAt: d.TriedAt,
		Trouble: string(d.Trouble), TookMS: d.TookMS}
	if d.Status != 0 {
		v.Status = &d.Status
	}
	return v
}

type deliveryQuery struct {
	OfID
	Page
	State string `query:"state" enum:"waiting,delivered,failed"`
}

func (s *Server) deliveries(ctx context.Context, in *deliveryQuery) (*out[list[delivery]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.Deliveries(ctx, access.Actor(ctx), in.ID, market.DeliveryQuery{State: market.DeliveryState(in.State), Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(d market.Delivery) string { return d.ID.String() }, deliveryOf), err)
}

func (s *Server) tryOutgoing(ctx context.Context, in *OfID) (*nothing, error) {
	_, err := s.cfg.Market.TryWebhook(ctx, access.Actor(ctx), in.ID)
	return nil, err
}

func (s *Server) replayDelivery(ctx context.Context, in *OfID) (*out[delivery], error) {
	d, err := s.cfg.Market.ReplayDelivery(ctx, access.Actor(ctx), in.ID)
	return answer(deliveryOf(d), err)
}

type replaySince struct {
	OfID
	Body struct {
		Since time.Time `json:"since" doc:"What happened from then on and was given up"`
	}
}

type replayed struct {
	Count int64 `json:"count"`
}

func (s *Server) replayFailed(ctx context.Context, in *replaySince) (*out[replayed], error) {
	n, err := s.cfg.Market.ReplayFailed(ctx, access.Actor(ctx), in.ID, in.Body.Since)
	return answer(replayed{n}, err)
}

// documentCalls writes into the document what addresses of companies are told.
func documentCalls(doc *huma.OpenAPI) {
	text := func(about, example string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Description: about, Examples: []any{example}}
	}
	header := func(name, about string) *huma.Param {
		return &huma.Param{Name: name, In: "header", Required: true, Description: about, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	at := text("When it happened", "2026-04-01T00:00:00Z")
	at.Format = "date-time"
	body := &huma.Schema{Type: huma.TypeObject, Required: []string{"type", "timestamp", "data"}, Properties: map[string]*huma.Schema{
		"type":      text("What happened: one of "+strings.Join(market.WebhookNouns, ", ")+", a dot, and what was done; or *webhook.try*", "bid.accept"),
		"timestamp": at,
		"data": {Type: huma.TypeObject, Required: []string{"company_id", "subject"}, Properties: map[string]*huma.Schema{
			"company_id": text("At which company", "018f2c5e-0000-7000-8000-000000000000"),
			"subject":    text("To what: its noun, a colon, its id", "bid:018f2c5e-0000-7000-8000-000000000001"),
			"href":       text("Where this API tells more of it, to a token of somebody who may know", "https://home.example/api/v1/bids/018f2c5e-0000-7000-8000-000000000001"),
		}},
	}}
	doc.Webhooks = map[string]*huma.PathItem{"event": {Post: &huma.Operation{
		Summary: "What an address of a company's is told",
		Description: "Signed by the scheme of Standard Webhooks. Any 2xx within ten seconds is heard; anything else is called again after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours. " +
			"The same event may come twice, and a later one before it: know it by *webhook-id*.",
		Parameters: []*huma.Param{header("webhook-id", "The event; the same each time it is told"), header("webhook-timestamp", "When the call was made, in seconds: refuse old ones"),
			header("webhook-signature", "v1, and the signature; two of them, a space between, while a secret is changed")},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: body}}},
		Responses:   map[string]*huma.Response{"2XX": {Description: "It was heard"}},
	}}}
}
