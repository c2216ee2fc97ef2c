package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
)

// A measurement is one thing that bench can measure. It starts its own parts, measures beside a yardstick in the same
// run, and returns what is printed as JSON.
type measurement struct {
	name, summary string
	// define names the flags and returns what runs once they are parsed. progress is for people: standard error.
	define func(f *flag.FlagSet) func(ctx context.Context, progress io.Writer) (any, error)
}

// measurements is everything that can be measured. Adding one is a line here and a file in package bench.
var measurements = []measurement{
	{"rank", "how long the exact list takes beside the cheapest search, and whether it is right", defineRank},
	{"reindex", "documents per second of a rebuild beside a raw upload of the same", defineReindex},
	{"index-crash", "kill Meilisearch while it indexes, wipe it, and count what differs", defineIndexCrash},
	{"quality", "how good the lists are beside plainer ones, in a market whose truth they cannot see", defineQuality},
	{"ledger", "entries per second beside the same statements through pgbench", defineLedger},
	{"crash", "kill the server under load, and count what was lost or doubled", defineCrash},
	{"payouts", "how fast a pay run is sent, with the rate limit as the bound", definePayouts},
	{"exports", "how fast a journal is exported and in how much memory, beside COPY of the same", defineExports},
	{"import", "how fast an HR file goes in and in how much memory, beside COPY of the same", defineImport},
	{"reconcile", "how long a month is copied and compared beside COPY and a hash join", defineReconcile},
	{"shuffle", "events doubled, reordered, late and lost, and the ledger all the same", defineShuffle},
}

// benchmark runs one measurement and prints its result as one JSON object.
func benchmark(ctx context.Context, out io.Writer, args []string) error {
	if len(args) == 0 {
		return listMeasurements(out)
	}
	for _, m := range measurements {
		if m.name != args[0] {
			continue
		}
		var measure func(context.Context, io.Writer) (any, error)
		err := flags(out, "bench "+m.name, args[1:], func(f *flag.FlagSet) { measure = m.define(f) })
		if err != nil {
			return err
		}
		result, err := measure(ctx, os.Stderr)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(result)
	}
	_ = listMeasurements(out)
	return fmt.Errorf("there is nothing called %q to measure", args[0])
}

func listMeasurements(out io.Writer) error {
	fmt.Fprintf(out, "Usage: homecoming bench <what> [flags]\n\n")
	for _, m := range measurements {
		fmt.Fprintf(out, "  %-12s %s\n", m.name, m.summary)
	}
	return errUsage
}
