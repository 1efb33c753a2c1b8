package mcp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// fixtureServer has the tools, resources and prompts that the conformance suite
// asks for, behind the middleware of the real server: what the suite finds is
// what the middleware does to the protocol.
func fixtureServer() *sdk.Server {
	s := sdk.NewServer(&sdk.Implementation{Name: "fixture", Version: "1"}, &sdk.ServerOptions{
		CompletionHandler: func(context.Context, *sdk.CompleteRequest) (*sdk.CompleteResult, error) {
			return offered([]string{"paris", "park", "party"}, "par"), nil
		},
		SubscribeHandler:   func(context.Context, *sdk.SubscribeRequest) error { return nil },
		UnsubscribeHandler: func(context.Context, *sdk.UnsubscribeRequest) error { return nil },
	})
	fixtureContent(s)
	fixtureSession(s)
	fixtureInputs(s)
	fixtureResources(s)
	fixturePrompts(s)
	schemas := map[string]*jsonschema.Schema{"test_simple_text": {Type: "object", Properties: map[string]*jsonschema.Schema{}}}
	s.AddReceivingMiddleware(middleware(slog.New(slog.DiscardHandler), 30*time.Second, func(name string) *jsonschema.Schema { return schemas[name] })...)
	return s
}

func says(text string) *sdk.CallToolResult {
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: text}}}
}

// onePixel is a PNG of one pixel.
func onePixel() []byte {
	b, _ := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==")
	return b
}

func fixtureTool(s *sdk.Server, name, properties string, h sdk.ToolHandler) {
	s.AddTool(&sdk.Tool{
		Name: name, Description: "Fixture " + name,
		InputSchema: json.RawMessage(`{"type":"object","properties":{` + properties + `}}`),
	}, h)
}

func constant(r *sdk.CallToolResult) sdk.ToolHandler {
	return func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) { return r, nil }
}

func fixtureContent(s *sdk.Server) {
	text := func(t string) sdk.Content { return &sdk.TextContent{Text: t} }
	image := &sdk.ImageContent{Data: onePixel(), MIMEType: "image/png"}
	embedded := func(uri, mime, t string) sdk.Content {
		return &sdk.EmbeddedResource{Resource: &sdk.ResourceContents{URI: uri, MIMEType: mime, Text: t}}
	}
	fixtureTool(s, "test_simple_text", "", constant(says("This is a simple text response for testing.")))
	fixtureTool(s, "test_image_content", "", constant(&sdk.CallToolResult{Content: []sdk.Content{image}}))
	fixtureTool(s, "test_audio_content", "", constant(&sdk.CallToolResult{Content: []sdk.Content{
		&sdk.AudioContent{Data: []byte("RIFF\x24\x00\x00\x00WAVEfmt "), MIMEType: "audio/wav"},
	}}))
	fixtureTool(s, "test_embedded_resource", "", constant(&sdk.CallToolResult{Content: []sdk.Content{
		embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."),
	}}))
	fixtureTool(s, "test_multiple_content_types", "", constant(&sdk.CallToolResult{Content: []sdk.Content{
		text("Multiple content types test:"), image, embedded("test://mixed-content-resource", "application/json", `{"test":"data","value":123}`),
	}}))
	fixtureTool(s, "test_error_handling", "", constant(failed("This tool intentionally returns an error for testing")))
	fixtureTool(s, "test_x_mcp_header", `"region":{"type":"string","description":"a region","x-mcp-header":"Region"},"level":{"type":"integer"}`, constant(says("header")))
	fixtureTool(s, "test_streaming_elicitation", "", constant(says("no request on the stream")))
	s.AddTool(&sdk.Tool{
		Name: "json_schema_2020_12_tool", Description: "Tool with JSON Schema 2020-12 features",
		InputSchema: json.RawMessage(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
			"$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
			"properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
				"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},
			"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
			"if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},
			"then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false}`),
	}, constant(says("called")))
}

// fixtureSession are the tools that speak to the client while they run.
func fixtureSession(s *sdk.Server) {
	pause := func() { time.Sleep(50 * time.Millisecond) }
	fixtureTool(s, "test_tool_with_logging", "", func(ctx context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		for _, line := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			_ = r.Session.Log(ctx, &sdk.LoggingMessageParams{Level: "info", Data: line})
			pause()
		}
		return says("logged"), nil
	})
	fixtureTool(s, "test_logging_tool", "", func(ctx context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		_ = r.Session.Log(ctx, &sdk.LoggingMessageParams{Level: "info", Data: "called"})
		return says("logged"), nil
	})
	fixtureTool(s, "test_tool_with_progress", "", func(ctx context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		for n := 0.0; n <= 100; n += 50 {
			if token := r.Params.GetProgressToken(); token != nil {
				_ = r.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{ProgressToken: token, Progress: n, Total: 100})
			}
			pause()
		}
		return says("done"), nil
	})
	fixtureTool(s, "test_reconnection", "", func(_ context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if r.Extra != nil && r.Extra.CloseSSEStream != nil {
			r.Extra.CloseSSEStream(sdk.CloseSSEStreamArgs{RetryAfter: 10 * time.Millisecond})
		}
		time.Sleep(100 * time.Millisecond)
		return says("reconnected"), nil
	})
	fixtureTool(s, "test_sampling", `"prompt":{"type":"string"}`, func(ctx context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		var in struct{ Prompt string }
		_ = json.Unmarshal(r.Params.Arguments, &in)
		res, err := r.Session.CreateMessage(ctx, &sdk.CreateMessageParams{
			MaxTokens: 100, Messages: []*sdk.SamplingMessage{{Role: "user", Content: &sdk.TextContent{Text: in.Prompt}}},
		})
		if err != nil {
			return failed("sampling failed"), nil
		}
		return says(fmt.Sprint("LLM response: ", res.Content.(*sdk.TextContent).Text)), nil
	})
	ask := func(name, properties, required string) {
		fixtureTool(s, name, `"message":{"type":"string"}`, func(ctx context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			in := struct{ Message string }{"Please answer"}
			_ = json.Unmarshal(r.Params.Arguments, &in)
			res, err := r.Session.Elicit(ctx, &sdk.ElicitParams{Message: in.Message, RequestedSchema: formSchema(properties, required)})
			if err != nil {
				return failed("elicitation failed"), nil
			}
			return says(fmt.Sprintf("Elicitation completed: action=%s, content=%v", res.Action, res.Content)), nil
		})
	}
	ask("test_elicitation", `"username":{"type":"string","description":"name"},"email":{"type":"string","description":"address"}`, `"username","email"`)
	ask("test_elicitation_sep1034_defaults", `"name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},"score":{"type":"number","default":95.5},
		"status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},"verified":{"type":"boolean","default":true}`, "")
	options := func(key string) string {
		return `"` + key + `":[{"const":"value1","title":"First"},{"const":"value2","title":"Second"},{"const":"value3","title":"Third"}]`
	}
	ask("test_elicitation_sep1330_enums", `"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
		"titledSingle":{"type":"string",`+options("oneOf")+`},
		"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
		"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
		"titledMulti":{"type":"array","items":{`+options("anyOf")+`}}`, "")
	fixtureTool(s, "test_trigger_tool_change", "", func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		fixtureTool(s, "test_new_tool", "", constant(says("new")))
		return says("changed"), nil
	})
	fixtureTool(s, "test_trigger_prompt_change", "", func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		fixturePrompt(s, "test_new_prompt", nil, func(map[string]string) []sdk.Content { return nil })
		return says("changed"), nil
	})
	fixtureTool(s, "test_missing_capability", "", func(_ context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if c := r.ClientCapabilities(); c != nil && c.Sampling != nil {
			return says("can sample"), nil
		}
		return nil, &jsonrpc.Error{Code: sdk.CodeMissingRequiredClientCapabilities, Message: "sampling is needed", Data: json.RawMessage(`{"requiredCapabilities":{"sampling":{}}}`)}
	})
}

func formSchema(properties, required string) json.RawMessage {
	return json.RawMessage(`{"type":"object","properties":{` + properties + `},"required":[` + required + `]}`)
}

// fixtureInputs are the tools that end a call with questions and go on when it
// is called again with the answers.
func fixtureInputs(s *sdk.Server) {
	form := func(message, field string) sdk.InputRequest {
		return &sdk.ElicitParams{Message: message, RequestedSchema: formSchema(`"`+field+`":{"type":"string"}`, `"`+field+`"`)}
	}
	sample := func(text string) sdk.InputRequest {
		return &sdk.CreateMessageWithToolsParams{MaxTokens: 100, Messages: []*sdk.SamplingMessageV2{{Role: "user", Content: []sdk.Content{&sdk.TextContent{Text: text}}}}}
	}
	roots := &sdk.ListRootsParams{}
	const name = "What is your name?"
	asks := func(tool, state string, wants sdk.InputRequestMap) {
		fixtureTool(s, "test_input_required_result_"+tool, "", func(_ context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			if got := r.Params.RequestState; got != "" && got != state {
				return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "the state is not ours"}
			}
			var answers []string
			for key := range wants {
				if a := r.Params.InputResponses[key]; a != nil {
					b, _ := json.Marshal(a)
					answers = append(answers, string(b))
				}
			}
			if len(answers) < len(wants) {
				return &sdk.CallToolResult{InputRequests: wants, RequestState: state}, nil
			}
			return says("Hello, state-ok: " + strings.Join(answers, " ")), nil
		})
	}
	asks("elicitation", "", sdk.InputRequestMap{"user_name": form(name, "name")})
	asks("sampling", "", sdk.InputRequestMap{"capital_question": sample("What is the capital of France?")})
	asks("list_roots", "", sdk.InputRequestMap{"client_roots": roots})
	asks("request_state", "sealed", sdk.InputRequestMap{"confirm": &sdk.ElicitParams{Message: "Please confirm", RequestedSchema: formSchema(`"ok":{"type":"boolean"}`, `"ok"`)}})
	asks("multiple_inputs", "sealed", sdk.InputRequestMap{"user_name": form(name, "name"), "greeting": sample("Generate a greeting"), "client_roots": roots})
	asks("tampered_state", "sealed", sdk.InputRequestMap{"confirm": form("Please confirm", "ok")})
	fixtureTool(s, "test_input_required_result_multi_round", "", func(_ context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		switch {
		case r.Params.RequestState == "two" && r.Params.InputResponses["step2"] != nil:
			return says("both steps are done"), nil
		case r.Params.RequestState == "one" && r.Params.InputResponses["step1"] != nil:
			return &sdk.CallToolResult{InputRequests: sdk.InputRequestMap{"step2": form("Step 2: What is your favorite color?", "color")}, RequestState: "two"}, nil
		}
		return &sdk.CallToolResult{InputRequests: sdk.InputRequestMap{"step1": form("Step 1: What is your name?", "name")}, RequestState: "one"}, nil
	})
	fixtureTool(s, "test_input_required_result_capabilities", "", func(_ context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		wants := sdk.InputRequestMap{}
		c := r.ClientCapabilities()
		if c != nil && c.Sampling != nil {
			wants["greeting"] = sample("Generate a greeting")
		}
		if c != nil && c.Elicitation != nil {
			wants["user_name"] = form(name, "name")
		}
		if len(wants) == 0 || len(r.Params.InputResponses) > 0 {
			return says("done"), nil
		}
		return &sdk.CallToolResult{InputRequests: wants}, nil
	})
	s.AddPrompt(&sdk.Prompt{Name: "test_input_required_result_prompt", Description: "Fixture that asks"}, func(_ context.Context, r *sdk.GetPromptRequest) (*sdk.GetPromptResult, error) {
		if r.Params.InputResponses["user_context"] == nil {
			return &sdk.GetPromptResult{InputRequests: sdk.InputRequestMap{"user_context": form("What context should the prompt use?", "context")}}, nil
		}
		return &sdk.GetPromptResult{Messages: []*sdk.PromptMessage{{Role: "user", Content: &sdk.TextContent{Text: "in context"}}}}, nil
	})
}

func fixtureResources(s *sdk.Server) {
	read := func(r sdk.ResourceContents) sdk.ResourceHandler {
		return func(_ context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
			c := r
			c.URI = req.Params.URI
			if id, ok := strings.CutPrefix(c.URI, "test://template/"); ok {
				id = strings.TrimSuffix(id, "/data")
				c.Text = fmt.Sprintf(`{"id":%q,"templateTest":true,"data":"Data for ID: %s"}`, id, id)
			}
			return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{&c}}, nil
		}
	}
	for _, r := range []sdk.ResourceContents{
		{URI: "test://static-text", MIMEType: "text/plain", Text: "This is the content of the static text resource."},
		{URI: "test://static-binary", MIMEType: "image/png", Blob: onePixel()},
		{URI: "test://watched-resource", MIMEType: "text/plain", Text: "watched"},
	} {
		s.AddResource(&sdk.Resource{URI: r.URI, Name: r.URI, Description: "Fixture", MIMEType: r.MIMEType}, read(r))
	}
	s.AddResourceTemplate(&sdk.ResourceTemplate{URITemplate: "test://template/{id}/data", Name: "template", Description: "Fixture", MIMEType: jsonType},
		read(sdk.ResourceContents{MIMEType: jsonType}))
}

func fixturePrompt(s *sdk.Server, name string, arguments []string, write func(map[string]string) []sdk.Content) {
	p := &sdk.Prompt{Name: name, Description: "Fixture " + name}
	for _, a := range arguments {
		p.Arguments = append(p.Arguments, &sdk.PromptArgument{Name: a, Description: "an argument", Required: true})
	}
	s.AddPrompt(p, func(_ context.Context, r *sdk.GetPromptRequest) (*sdk.GetPromptResult, error) {
		res := &sdk.GetPromptResult{}
		for _, c := range write(r.Params.Arguments) {
			res.Messages = append(res.Messages, &sdk.PromptMessage{Role: "user", Content: c})
		}
		return res, nil
	})
}

func fixturePrompts(s *sdk.Server) {
	text := func(t string) sdk.Content { return &sdk.TextContent{Text: t} }
	fixturePrompt(s, "test_simple_prompt", nil, func(map[string]string) []sdk.Content {
		return []sdk.Content{text("This is a simple prompt for testing.")}
	})
	fixturePrompt(s, "test_prompt_with_arguments", []string{"arg1", "arg2"}, func(a map[string]string) []sdk.Content {
		return []sdk.Content{text(fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", a["arg1"], a["arg2"]))}
	})
	fixturePrompt(s, "test_prompt_with_embedded_resource", []string{"resourceUri"}, func(a map[string]string) []sdk.Content {
		return []sdk.Content{
			&sdk.EmbeddedResource{Resource: &sdk.ResourceContents{URI: a["resourceUri"], MIMEType: "text/plain", Text: "Embedded resource content for testing."}},
			text("Please process the embedded resource above."),
		}
	})
	fixturePrompt(s, "test_prompt_with_image", nil, func(map[string]string) []sdk.Content {
		return []sdk.Content{&sdk.ImageContent{Data: onePixel(), MIMEType: "image/png"}, text("Please analyze the image above.")}
	})
}
