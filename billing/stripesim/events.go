package stripesim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// An event tells a webhook endpoint what has happened, with the object as it was then.
type event struct {
	head
	Account         string     `json:"account,omitempty"` // the connected account it happened on
	APIVersion      string     `json:"api_version"`
	Data            eventData  `json:"data"`
	PendingWebhooks int        `json:"pending_webhooks"`
	Request         requestRef `json:"request"`
	Type            string     `json:"type"`
}

type eventData struct {
	Object json.RawMessage `json:"object"`
}

// A requestRef names the API request that caused an event; both are null for what happened by itself.
type requestRef struct {
	ID             ref `json:"id"`
	IdempotencyKey ref `json:"idempotency_key"`
}

// eventLife is how long events can be read back.
const eventLife = 30 * 24 * time.Hour

// emit records the event and puts it in the post of the owner's endpoint.
func (t *tx) emit(owner, kind string, o any) {
	wire, err := wireMap(o)
	if err != nil {
		panic(fmt.Sprintf("stripesim: %s cannot be sent: %v", kind, err)) // a programming error: all objects are plain data
	}
	raw, err := json.Marshal(wire)
	if err != nil {
		panic(fmt.Sprintf("stripesim: %s cannot be sent: %v", kind, err))
	}
	e := event{head: t.head("event", "evt_"), Account: owner, APIVersion: apiVersion, Type: kind, Request: t.request}
	e.Data.Object = raw
	endpoint := platformEndpoint
	if owner != platform {
		endpoint = connectEndpoint
	}
	if t.endpoint(endpoint).URL != "" {
		e.PendingWebhooks = 1
		t.mailTo(endpoint, e)
	}
	t.events.put(t, owner, e)
}

func getEvent(c *call) (any, error) {
	e, ok := c.events.of(c.owner, c.id)
	if !ok || c.tooOld(e) {
		return nil, missing("event", c.id, "id")
	}
	return e, nil
}

func (t *tx) tooOld(e event) bool { return e.Created < t.now.Add(-eventLife).Unix() }

func listEvents(c *call) (any, error) {
	kind, kinds := c.text("type"), c.params.list("types")
	if kind != "" && len(kinds) > 0 {
		return nil, malformed("types", "", "You may not specify both type and types.")
	}
	if kind != "" {
		kinds = []string{kind}
	}
	undelivered := c.text("delivery_success") == "false"
	return page(c, c.events, "/v1/events", func(e event) bool {
		return !c.tooOld(e) && (len(kinds) == 0 || slices.Contains(kinds, e.Type)) && (!undelivered || e.PendingWebhooks > 0)
	})
}
