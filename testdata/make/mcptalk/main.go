// Mcptalk is a server and a client of the Model Context Protocol, for captures.
//
//	mcptalk serve ADDRESS [TLS-ADDRESS]
//	mcptalk talk URL VERSION [TOKEN]
//
// The server has /mcp (streamable HTTP with sessions, answers as events), /agent/v2
// (without sessions, answers as JSON) and /sse (HTTP with events of 2024-11-05). The
// client does the same things each time: lists, calls that succeed, fail and take long,
// a resource, a prompt that does not exist.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	err := errors.New("usage: mcptalk serve ADDRESS [TLS-ADDRESS] | mcptalk talk URL VERSION [TOKEN]")
	switch args := os.Args[1:]; {
	case len(args) > 1 && args[0] == "serve":
		err = serve(args[1:])
	case len(args) > 2 && args[0] == "talk":
		err = talk(args[1], args[2], append(args[3:], "")[0])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mcptalk:", err)
		os.Exit(1)
	}
}

type place struct {
	City string `json:"city" jsonschema:"name of a city"`
	Unit string `json:"unit,omitempty" jsonschema:"celsius or fahrenheit"`
}

func server() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "weather-demo", Version: "1.4.0"}, nil)
	text := func(words string) *mcp.CallToolResult {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: words}}}
	}
	mcp.AddTool(s, &mcp.Tool{Name: "forecast", Description: "Forecast for a city"},
		func(_ context.Context, _ *mcp.CallToolRequest, in place) (*mcp.CallToolResult, any, error) {
			if in.City == "Atlantis" {
				return nil, nil, errors.New("no such city")
			}
			return text("18 degrees and rain in " + in.City), nil, nil
		})
	// The description holds what people do not see: a zero width space, tag characters.
	mcp.AddTool(s, &mcp.Tool{Name: "archive", Description: "Weather of the past\u200b\U000e0068\U000e0069"},
		func(ctx context.Context, r *mcp.CallToolRequest, in place) (*mcp.CallToolResult, any, error) {
			for i := range 3 {
				time.Sleep(450 * time.Millisecond)
				if token := r.Params.GetProgressToken(); token != nil {
					_ = r.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: token, Progress: float64(i + 1), Total: 3})
				}
			}
			return text("much rain in " + in.City), nil, nil
		})
	s.AddResource(&mcp.Resource{URI: "weather://stations/7", Name: "station 7"},
		func(_ context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: r.Params.URI, Text: "a station on a hill"}}}, nil
		})
	return s
}

func serve(addresses []string) error {
	one := server()
	get := func(*http.Request) *mcp.Server { return one }
	mux := http.NewServeMux()
	mux.Handle("/mcp", mcp.NewStreamableHTTPHandler(get, nil))
	mux.Handle("/agent/v2", mcp.NewStreamableHTTPHandler(get, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}))
	mux.Handle("/sse", mcp.NewSSEHandler(get, nil))
	if len(addresses) > 1 {
		certificate, err := certify("mcp.example.com")
		if err != nil {
			return err
		}
		s := &http.Server{Addr: addresses[1], Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}, ReadHeaderTimeout: time.Minute}
		go func() { fmt.Fprintln(os.Stderr, "mcptalk:", s.ListenAndServeTLS("", "")) }()
	}
	s := &http.Server{Addr: addresses[0], Handler: mux, ReadHeaderTimeout: time.Minute}
	fmt.Println("ready")
	return s.ListenAndServe()
}

func certify(name string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// lines adds a token to requests.
type lines struct {
	token string
	next  http.RoundTripper
}

func (l lines) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+l.token)
	}
	return l.next.RoundTrip(r)
}

func talk(url, version, token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.TLSClientConfig = &tls.Config{ServerName: "mcp.example.com", InsecureSkipVerify: true}
	web := &http.Client{Transport: lines{token, base}}
	var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: url, HTTPClient: web}
	if strings.HasSuffix(url, "/sse") {
		transport = &mcp.SSEClientTransport{Endpoint: url, HTTPClient: web}
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "weather-client", Version: "0.3.1"}, nil)
	session, err := client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: version})
	if err != nil {
		return err
	}
	if _, err := session.ListTools(ctx, nil); err != nil {
		return err
	}
	call := func(tool, city string, progress bool) {
		p := &mcp.CallToolParams{Name: tool, Arguments: map[string]any{"city": city, "unit": "celsius"}}
		if progress {
			p.SetProgressToken("p1")
		}
		_, err := session.CallTool(ctx, p)
		fmt.Println(tool, city, err)
	}
	call("forecast", "Bergen", false)
	call("forecast", "Atlantis", false)
	call("archive", "Bergen", true)
	_, err = session.ReadResource(ctx, &mcp.ReadResourceParams{URI: "weather://stations/7"})
	fmt.Println("resource", err)
	_, err = session.GetPrompt(ctx, &mcp.GetPromptParams{Name: "missing"})
	fmt.Println("prompt", err)
	return session.Close()
}
