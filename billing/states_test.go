package billing_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"homecoming/billing"
)

// TestTheDrawnStatesAreTheTables holds states.md to the tables. To draw it anew: HOMECOMING_DRAW=1 go test -run Drawn
func TestTheDrawnStatesAreTheTables(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# States\n\nDrawn from the transition tables by a test; who moves stands in brackets, the guard in square ones.\n")
	drawn := billing.Diagrams()
	for _, noun := range slices.Sorted(maps.Keys(drawn)) {
		fmt.Fprintf(&b, "\n## %s\n```mermaid\n%s```\n", noun, drawn[noun])
	}
	if os.Getenv("HOMECOMING_DRAW") != "" {
		if err := os.WriteFile("states.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("states.md")
	if err != nil || string(got) != b.String() {
		t.Errorf("states.md is not what the tables say (%v)", err)
	}
}
