package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"pcapidx/query"
)

// TestPlotIsAPicture: the image is the engine's, of the size that the text says; it
// stands behind the text, and not in the JSON.
func TestPlotIsAPicture(t *testing.T) {
	config := testConfig(t, "web-day.pcap")
	e, err := config.Engine("")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, config)
	for _, era := range eras() {
		c := connect(t, s, era, nil)
		for _, kind := range query.PlotKinds() {
			res := c.call("plot", map[string]any{"capture": "web-day.pcap", "connection": "9", "kind": kind, "width": 800})
			if len(res.Content) != 2 {
				t.Fatalf("%s: %d contents", kind, len(res.Content))
			}
			img, ok := res.Content[1].(*sdk.ImageContent)
			if !ok || img.MIMEType != "image/png" {
				t.Fatalf("%s: the second content is %T", kind, res.Content[1])
			}
			want, err := e.Plot(context.Background(), query.PlotRequest{Capture: "web-day.pcap", Connection: "9", Kind: kind, Width: 800})
			if err != nil || !bytes.Equal(img.Data, want.PNG) {
				t.Errorf("%s: another picture than the engine's (%v)", kind, err)
			}
			size, err := png.DecodeConfig(bytes.NewReader(img.Data))
			if err != nil || size.Width != 800 || size.Height != want.Height {
				t.Errorf("%s: %d x %d pixels (%v)", kind, size.Width, size.Height, err)
			}
			b, _ := json.Marshal(res.StructuredContent)
			if len(b) > 4000 || !strings.HasPrefix(textOf(res), "reading: "+want.Reading+"\n") && !strings.Contains(textOf(res), "\nreading: "+want.Reading+"\n") {
				t.Errorf("%s: %d bytes of JSON; text %s", kind, len(b), textOf(res))
			}
		}
	}
}
