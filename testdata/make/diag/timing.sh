# Cases about who waits for whom; sourced by ../diag.sh.

# talk NAME SERVER_STEPS CLIENT_STEPS
talk() {
  serve "$2"
  begin "$1"
  ask "$3"
  end
}

case_slow_response() {
  ms 10
  talk slow_response 'recv 200; sleep 1.5; send 600; drain; close' "$REQUEST"
  talk slow_response-near 'recv 200; sleep 0.5; send 600; drain; close' "$REQUEST"
}

case_idle_push() {
  ms 10
  talk idle_push 'recv 200; send 600; sleep 1.5; send 300; drain; close' 'send 200; recv 900; close'
  NAME=idle_push rewrite stretch 34
  talk idle_push-near 'recv 200; send 600; sleep 1.5; send 300; drain; close' 'send 200; recv 900; close'
}

case_client_waiting() {
  ms 10
  talk client_waiting 'repeat 4 recv 200, send 600; drain; close' \
    'repeat 3 send 200, recv 600, sleep 0.9; send 200; recv 600; close'
  talk client_waiting-near 'repeat 4 recv 200, sleep 0.2, send 600; drain; close' \
    'repeat 3 send 200, recv 600, sleep 0.6; send 200; recv 600; close'
}

case_rtt_variation() {
  local serve='repeat 30 recv 200, send 300; drain; close' ask='repeat 30 send 200, recv 300; close'
  ms 5 left:data:4,8,12,16,20,24,28:late=140
  talk rtt_variation "$serve" "$ask"
  ms 5
  talk rtt_variation-near "$serve" "$ask"
}

case_nagle_delayed_ack() {
  ms 5
  local serve='nodelay; repeat 10 recv 220, send 300; drain; close'
  talk nagle_delayed_ack "$serve" 'repeat 10 send 20, send 200, recv 300; close'
  talk nagle_delayed_ack-near "$serve" 'nodelay; repeat 10 send 20, send 200, recv 300; close'
}
