"""What is asked of GoAlert: one document a call, each with one named operation and without aliases."""

from __future__ import annotations

_ALERT = """
    id alertID status summary details createdAt serviceID
    service { id name escalationPolicyID maintenanceExpiresAt escalationPolicy { id name } }
    state { stepNumber lastEscalation repeatCount }
    meta { key value }
    metrics { closedAt }
    noiseReason
"""

ALERTS = f"""query Alerts($input: AlertSearchOptions) {{
  alerts(input: $input) {{ nodes {{ {_ALERT} }} pageInfo {{ endCursor hasNextPage }} }}
}}"""

ALERT = f"""query Alert($id: Int!, $limit: Int) {{
  alert(id: $id) {{
    {_ALERT}
    recentEvents(input: {{ limit: $limit }}) {{ nodes {{ id timestamp message state {{ details status }} }} }}
  }}
}}"""

SERVICES = """query Services($input: ServiceSearchOptions) {
  services(input: $input) {
    nodes { id name escalationPolicyID onCallUsers { userID userName stepNumber } }
    pageInfo { endCursor hasNextPage }
  }
}"""

POLICIES = """query Policies($input: EscalationPolicySearchOptions) {
  escalationPolicies(input: $input) {
    nodes {
      id name repeat
      steps {
        id stepNumber delayMinutes
        actions { type args displayInfo { __typename ... on DestinationDisplayInfo { text } } }
      }
    }
    pageInfo { endCursor hasNextPage }
  }
}"""

SCHEDULES = """query Schedules($input: ScheduleSearchOptions, $start: ISOTimestamp!, $end: ISOTimestamp!) {
  schedules(input: $input) {
    nodes { id name shifts(start: $start, end: $end) { userID user { id name } start end truncated } }
    pageInfo { endCursor hasNextPage }
  }
}"""

USERS = """query Users($input: UserSearchOptions) {
  users(input: $input) { nodes { id name email } pageInfo { endCursor hasNextPage } }
}"""

ME = """query Me {
  user { id name email role }
}"""

UPDATE = """mutation UpdateAlerts($input: UpdateAlertsInput!) {
  updateAlerts(input: $input) { id alertID status }
}"""

ESCALATE = """mutation EscalateAlerts($ids: [Int!]) {
  escalateAlerts(input: $ids) { id alertID status state { stepNumber lastEscalation repeatCount } }
}"""

OVERRIDES = """query UserOverrides($input: UserOverrideSearchOptions) {
  userOverrides(input: $input) {
    nodes { id start end addUserID removeUserID }
    pageInfo { endCursor hasNextPage }
  }
}"""

CREATE_OVERRIDE = """mutation CreateUserOverride($input: CreateUserOverrideInput!) {
  createUserOverride(input: $input) { id start end addUserID removeUserID }
}"""

CREATE_ALERT = """mutation CreateAlert($input: CreateAlertInput!) {
  createAlert(input: $input) { id alertID status }
}"""
