#!/usr/bin/env bash
# The Google side of the workflows in examples/, once for a repository and a service: a provider that
# takes tokens of this repository only, an account with a role of a few permissions, bound to this one
# service and to the one account that it runs as. For somebody who may manage IAM in the project.
#
#   PROJECT=my-project REGION=us-central1 SERVICE=web \
#   RUNTIME=web-runtime@my-project.iam.gserviceaccount.com \
#   IMAGES=web REPOSITORY_ID=123456789 bash setup.sh
#
# REPOSITORY_ID is the number that `gh api repos/OWNER/REPO --jq .id` prints: a name can be given to
# another repository one day, a number cannot. IMAGES is the repository in Artifact Registry, in
# IMAGES_LOCATION. The provider takes tokens of REF only; with REF='' those of every branch, of tags
# and of pull requests as well, which pull-request-check.yml needs.
set -euo pipefail
# What is above that line is done, and would be refused a second time.
trap 'echo "Stopped at line $LINENO of setup.sh. Put the cause right, then type the commands from that line on by hand." >&2' ERR

: "${PROJECT:?}" "${REGION:?}" "${SERVICE:?}" "${RUNTIME:?}" "${IMAGES:?}" "${REPOSITORY_ID:?}"
IMAGES_LOCATION="${IMAGES_LOCATION:-us}"
REF="${REF-refs/heads/main}"
DEPLOYER="deployer@$PROJECT.iam.gserviceaccount.com"

condition="assertion.repository_id == '$REPOSITORY_ID'"
if [ -n "$REF" ]; then
  condition="$condition && assertion.ref == '$REF'"
fi

gcloud services enable run.googleapis.com monitoring.googleapis.com logging.googleapis.com \
  iam.googleapis.com iamcredentials.googleapis.com sts.googleapis.com --project="$PROJECT"

# Who may come: jobs of this repository, as this account.
gcloud iam workload-identity-pools create github --project="$PROJECT" --location=global
gcloud iam workload-identity-pools providers create-oidc my-repo --project="$PROJECT" \
  --location=global --workload-identity-pool=github \
  --issuer-uri=https://token.actions.githubusercontent.com \
  --attribute-mapping="google.subject=assertion.sub,attribute.repository=assertion.repository,attribute.repository_id=assertion.repository_id" \
  --attribute-condition="$condition"
gcloud iam service-accounts create deployer --project="$PROJECT"
number="$(gcloud projects describe "$PROJECT" --format='value(projectNumber)')"
pool="projects/$number/locations/global/workloadIdentityPools/github"
gcloud iam service-accounts add-iam-policy-binding "$DEPLOYER" --project="$PROJECT" \
  --role=roles/iam.workloadIdentityUser \
  --member="principalSet://iam.googleapis.com/$pool/attribute.repository_id/$REPOSITORY_ID"

# What it may do: change this service, and read how it does.
gcloud iam roles create canaryDeployer --project="$PROJECT" --stage=GA \
  --permissions=run.services.get,run.services.update,run.revisions.get
gcloud run services add-iam-policy-binding "$SERVICE" --project="$PROJECT" --region="$REGION" \
  --role="projects/$PROJECT/roles/canaryDeployer" --member="serviceAccount:$DEPLOYER"
gcloud iam service-accounts add-iam-policy-binding "$RUNTIME" --project="$PROJECT" \
  --role=roles/iam.serviceAccountUser --member="serviceAccount:$DEPLOYER"
gcloud artifacts repositories add-iam-policy-binding "$IMAGES" --project="$PROJECT" \
  --location="$IMAGES_LOCATION" --role=roles/artifactregistry.reader \
  --member="serviceAccount:$DEPLOYER"
gcloud projects add-iam-policy-binding "$PROJECT" --condition=None \
  --role=roles/monitoring.viewer --member="serviceAccount:$DEPLOYER"
# Left out, harm is seen in the metrics only, which are minutes old.
gcloud projects add-iam-policy-binding "$PROJECT" --condition=None \
  --role=roles/logging.viewer --member="serviceAccount:$DEPLOYER"

printf 'project_id: %s\nworkload_identity_provider: %s\nservice_account: %s\n' \
  "$PROJECT" "$pool/providers/my-repo" "$DEPLOYER"
