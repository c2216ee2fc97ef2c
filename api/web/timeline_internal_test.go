package web

import (
	"testing"

	"homecoming/market"
)

func TestEveryMomentHasItsWords(t *testing.T) {
	t.Parallel()
	for _, k := range market.MomentKinds {
		if !known("timeline." + string(k)) {
			t.Errorf("nobody says what %s is", k)
		}
	}
}
